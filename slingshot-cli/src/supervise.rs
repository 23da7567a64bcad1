//! Keeps the processes of services running, and stops them.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    hash::{BuildHasher as _, RandomState},
    io,
    path::PathBuf,
    process::{ExitStatus, Stdio},
    sync::Arc,
    time::Duration,
};

use tokio::{
    process::Child,
    sync::watch,
    task::JoinSet,
    time::{Instant, sleep, timeout},
};

use crate::{
    guardian::{DRAIN, Group, Guardian},
    printer::Printer,
    program::Program,
};

mod log;

/// A process that has run this long did start: the next crash is a first one again.
const STEADY: Duration = Duration::from_secs(10);
/// Crashes in a row, after which restarting is no use.
const MAX_CRASHES: u32 = 6;
const FIRST_DELAY: Duration = Duration::from_millis(250);
const LONGEST_DELAY: Duration = Duration::from_secs(5);
/// The exit code of a service whose configuration is wrong: it would be wrong again.
const MISCONFIGURED: i32 = 2;
/// The exit codes of a process that was asked to end: it has finished everything, or given some back.
const DRAINED: [i32; 2] = [0, 75];

/// A process to keep running.
#[derive(Clone, Debug)]
pub(crate) struct Launch {
    /// What stands before each line that it logs.
    pub(crate) label: String,
    /// The service that runs in it.
    pub(crate) service: String,
    /// The service's place in the system, for its colour.
    pub(crate) index: usize,
    pub(crate) program: Program,
    pub(crate) environment: BTreeMap<&'static str, OsString>,
    pub(crate) directory: PathBuf,
    /// Whether it is let go when it has ended in an orderly way: a request may ask it to.
    pub(crate) may_end: bool,
}

/// How processes are to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Mode {
    Run,
    Drain,
    Kill,
}

/// Why a process is not kept running any more.
#[derive(Debug)]
pub(crate) enum Ended {
    /// It was asked to stop.
    Stopped,
    /// It cannot run, whatever is tried.
    GaveUp {
        /// The service.
        service: String,
        /// What happened, for people.
        reason: String,
    },
}

/// The processes of one run.
#[derive(Debug)]
pub(crate) struct Supervisor {
    mode: watch::Sender<Mode>,
    /// What is heard of each program that is watched: it has changed.
    changes: Vec<(Program, watch::Sender<()>)>,
    processes: JoinSet<Ended>,
}

impl Supervisor {
    /// Starts every process; programs that are watched start again when they change.
    pub(crate) fn start(
        launches: Vec<Launch>,
        is_watched: impl Fn(&Program) -> bool,
        guardian: &Arc<Guardian>,
        printer: &Arc<Printer>,
    ) -> Self {
        let (mode, _) = watch::channel(Mode::Run);
        let mut changes: Vec<(Program, watch::Sender<()>)> = Vec::new();
        let width = launches
            .iter()
            .map(|launch| launch.label.chars().count())
            .max()
            .unwrap_or_default();
        let mut processes = JoinSet::new();
        for launch in launches {
            let program = &launch.program;
            if is_watched(program) && changes.iter().all(|(known, _)| known != program) {
                changes.push((program.clone(), watch::channel(()).0));
            }
            let mut own = changes.iter().filter(|(known, _)| known == program);
            let keeper = Keeper {
                log: log::Log::new(&launch, width, Arc::clone(printer)),
                changes: own.next().map(|(_, changes)| changes.subscribe()),
                launch,
                guardian: Arc::clone(guardian),
                mode: mode.subscribe(),
            };
            processes.spawn(keeper.keep_running());
        }
        Self {
            mode,
            changes,
            processes,
        }
    }

    /// Waits for the next process that ends for good; `None` once all have.
    pub(crate) async fn next_ended(&mut self) -> Option<Ended> {
        let ended = self.processes.join_next().await?;
        Some(ended.expect("keeping a process running does not panic"))
    }

    /// Lets each process of these programs finish what it works on, and starts it again.
    pub(crate) fn restart(&self, is_changed: impl Fn(&Program) -> bool) {
        for (_, changes) in self.changes.iter().filter(|(it, _)| is_changed(it)) {
            changes.send_replace(());
        }
    }

    /// Asks every process to finish what it works on and end.
    pub(crate) fn drain(&self) {
        self.mode.send_replace(Mode::Drain);
    }

    /// Ends every process now.
    pub(crate) fn kill(&self) {
        self.mode.send_replace(Mode::Kill);
    }
}

/// Owns one process: nobody else starts, stops or waits for it.
struct Keeper {
    launch: Launch,
    log: log::Log,
    guardian: Arc<Guardian>,
    mode: watch::Receiver<Mode>,
    /// For a program that is watched, which starts again when it changes.
    changes: Option<watch::Receiver<()>>,
}

/// How a process came to its end.
enum Run {
    /// By itself.
    Ended(ExitStatus),
    /// We stopped it, and go on.
    Changed,
    /// We stopped it for good.
    Stopped,
}

/// What comes after a process that has ended by itself.
enum Next {
    /// Another try.
    After(Duration),
    /// Nothing that helps.
    Nothing(String),
}

impl Keeper {
    async fn keep_running(mut self) -> Ended {
        let mut crashes = 0;
        loop {
            let started = Instant::now();
            let next = match self.run_once().await {
                Ok(Run::Changed) => {
                    crashes = 0;
                    continue;
                }
                Ok(Run::Stopped) => return Ended::Stopped,
                Ok(Run::Ended(status)) if self.launch.may_end && drained(status) => {
                    self.log.message("has ended, as it was asked to");
                    return Ended::Stopped;
                }
                Ok(Run::Ended(status)) => {
                    if started.elapsed() >= STEADY {
                        crashes = 0;
                    }
                    crashes += 1;
                    self.after(status, crashes)
                }
                Err(error) => Next::Nothing(format!("it cannot be started: {error}")),
            };
            let wait = match next {
                Next::After(delay) => delay,
                Next::Nothing(reason) if self.changes.is_some() => {
                    self.log.message(&format!(
                        "{reason}; it is started again when one of its files changes"
                    ));
                    Duration::MAX
                }
                Next::Nothing(reason) => return self.give_up(&reason),
            };
            tokio::select! {
                () = sleep(wait) => {}
                () = changed(&mut self.changes) => crashes = 0,
                () = reached(&mut self.mode, Mode::Drain) => return Ended::Stopped,
            }
        }
    }

    fn after(&self, status: ExitStatus, crashes: u32) -> Next {
        if status.code() == Some(MISCONFIGURED) {
            let reason = "its configuration is wrong; its last lines say why";
            return Next::Nothing(reason.to_owned());
        }
        let how = describe(status);
        if crashes == MAX_CRASHES {
            return Next::Nothing(format!("{how}, {crashes} times in a row"));
        }
        let delay = backoff(crashes);
        let seconds = delay.as_secs_f32();
        self.log
            .message(&format!("{how}; starting it again in {seconds:.1} s"));
        Next::After(delay)
    }

    fn give_up(&self, reason: &str) -> Ended {
        self.log.message(&format!("given up: {reason}"));
        Ended::GaveUp {
            service: self.launch.service.clone(),
            reason: reason.to_owned(),
        }
    }

    /// Runs the process until it ends by itself, or is stopped.
    async fn run_once(&mut self) -> io::Result<Run> {
        if *self.mode.borrow() != Mode::Run {
            return Ok(Run::Stopped);
        }
        let mut child = self
            .launch
            .program
            .command()
            .envs(&self.launch.environment)
            .current_dir(&self.launch.directory)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()?;
        let group = child.id().map(Group);
        if let Some(group) = group {
            self.guardian.watch(group);
        }
        let reading = self.log.follow(&mut child);
        let ended = tokio::select! {
            status = child.wait() => Run::Ended(status?),
            () = reached(&mut self.mode, Mode::Drain) => Run::Stopped,
            () = changed(&mut self.changes) => Run::Changed,
        };
        if !matches!(ended, Run::Ended(_)) {
            self.stop(&mut child, group).await?;
        }
        // Whatever the process has started itself goes with it.
        if let Some(group) = group {
            group.kill();
            self.guardian.forget(group);
        }
        reading.finish().await;
        Ok(ended)
    }

    /// Lets the process drain; ends it when that takes too long, or at once when told so.
    async fn stop(&mut self, child: &mut Child, group: Option<Group>) -> io::Result<()> {
        let Some(group) = group else {
            return Ok(());
        };
        group.drain();
        tokio::select! {
            waited = timeout(DRAIN, child.wait()) => match waited {
                Ok(status) => return status.map(drop),
                Err(_) => self.log.message(&format!(
                    "has not stopped within {} s and is killed; what it worked on is delivered again",
                    DRAIN.as_secs()
                )),
            },
            () = reached(&mut self.mode, Mode::Kill) => {}
        }
        group.kill();
        child.wait().await.map(drop)
    }
}

/// A supervisor that is gone means the same as one that stops.
async fn reached(mode: &mut watch::Receiver<Mode>, wanted: Mode) {
    mode.wait_for(|mode| *mode >= wanted).await.ok();
}

/// Never, for what does not start again when it changes.
async fn changed(changes: &mut Option<watch::Receiver<()>>) {
    if let Some(changes) = changes
        && changes.changed().await.is_ok()
    {
        return;
    }
    std::future::pending::<()>().await;
}

fn drained(status: ExitStatus) -> bool {
    status.code().is_some_and(|code| DRAINED.contains(&code))
}

fn describe(status: ExitStatus) -> String {
    use std::os::unix::process::ExitStatusExt as _;
    match (status.code(), status.signal()) {
        (Some(0), _) => "has ended by itself".to_owned(),
        (Some(code), _) => format!("has ended with code {code}"),
        (None, Some(signal)) => format!("was killed by signal {signal}"),
        (None, None) => "has ended".to_owned(),
    }
}

/// Twice as long each time, and never quite the same, so that services that fell together do not
/// rise together.
fn backoff(crashes: u32) -> Duration {
    let delay = FIRST_DELAY
        .saturating_mul(2_u32.saturating_pow(crashes.saturating_sub(1)))
        .min(LONGEST_DELAY);
    let random = u32::try_from(RandomState::new().hash_one(crashes) % 400).unwrap_or_default();
    delay * (800 + random) / 1000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_within_bounds_and_spread() {
        for crashes in 1..MAX_CRASHES {
            let delay = backoff(crashes);
            let exact = (FIRST_DELAY * 2_u32.pow(crashes - 1)).min(LONGEST_DELAY);
            assert!(
                delay >= exact * 8 / 10 && delay <= exact * 12 / 10,
                "{crashes}: {delay:?}"
            );
        }
    }
}

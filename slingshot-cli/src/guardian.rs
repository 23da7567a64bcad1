//! The guardian: a child process that outlives `slingshot run` by just as long as its services do.
//!
//! It holds the read end of a pipe whose write end only `slingshot run` has, and is told over it
//! which processes to watch and to forget. When the pipe ends, `slingshot run` is gone, even by
//! `kill -9`: the guardian then drains what it still watches, and kills what does not drain. It also
//! holds the lock of the project's state, so that the next `slingshot run` waits until nothing of
//! this one is left.

use std::{
    collections::BTreeSet,
    fmt,
    fs::File,
    io::{self, BufRead as _, Write as _},
    path::PathBuf,
    process::Stdio,
    str::FromStr,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use clap::Args;
use rustix::process::{Pid, Signal};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, Command},
    signal::unix::{SignalKind, signal},
    time::{Instant, sleep, timeout},
};

use crate::{
    Context,
    exit::{Exit, Failure},
    project::Project,
    running::Running,
};

/// How long a service may take to finish what it works on, here and in `slingshot run`.
pub(crate) const DRAIN: Duration = Duration::from_secs(30);
/// How often the guardian looks whether its processes are gone.
const POLL: Duration = Duration::from_millis(50);
/// How long a new guardian may take to answer.
const START: Duration = Duration::from_secs(10);
/// How long the guardian of an earlier run may take to end what that run left.
const EARLIER_RUN: Duration = Duration::from_secs(45);

const HOLDING: &str = "holding";
const BUSY: &str = "busy";

/// The process group of one service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Group(pub(crate) u32);

impl Group {
    /// Asks its processes to finish what they work on. That they have ended already is fine.
    pub(crate) fn drain(self) {
        self.send(Signal::TERM);
    }

    /// Ends its processes.
    pub(crate) fn kill(self) {
        self.send(Signal::KILL);
    }

    fn send(self, signal: Signal) {
        if let Some(pid) = self.pid() {
            rustix::process::kill_process_group(pid, signal).ok();
        }
    }

    fn is_running(self) -> bool {
        self.pid()
            .is_some_and(|pid| rustix::process::test_kill_process_group(pid).is_ok())
    }

    fn pid(self) -> Option<Pid> {
        Pid::from_raw(i32::try_from(self.0).ok()?)
    }
}

/// One line on the pipe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    Watch(Group),
    Forget(Group),
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Watch(Group(id)) => writeln!(f, "watch {id}"),
            Self::Forget(Group(id)) => writeln!(f, "forget {id}"),
        }
    }
}

/// A line that is no order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct NoOrder;

impl FromStr for Order {
    type Err = NoOrder;

    fn from_str(line: &str) -> Result<Self, NoOrder> {
        let (verb, id) = line.trim_end().split_once(' ').ok_or(NoOrder)?;
        let group = Group(id.parse().map_err(|_| NoOrder)?);
        match verb {
            "watch" => Ok(Self::Watch(group)),
            "forget" => Ok(Self::Forget(group)),
            _ => Err(NoOrder),
        }
    }
}

/// `slingshot run`'s end of the pipe.
#[derive(Debug)]
pub(crate) struct Guardian {
    process: Child,
    pipe: Mutex<File>,
}

impl Guardian {
    /// Starts the guardian of a project, which locks the project's state.
    ///
    /// # Errors
    ///
    /// If another `slingshot run` works on the project, or the guardian does not start.
    pub(crate) async fn start(context: &Context, project: &Project) -> Result<Self, Failure> {
        let deadline = Instant::now() + EARLIER_RUN;
        let mut said = false;
        loop {
            if let Some(guardian) = Self::try_start(context, project).await? {
                return Ok(guardian);
            }
            if let Some(running) = Running::read(project) {
                return Err(Failure::usage(format!(
                    "process {} runs this project already",
                    running.pid
                ))
                .help("stop it with Ctrl-C, or send it work: slingshot send SERVICE 1..100"));
            }
            if Instant::now() > deadline {
                return Err(Failure::usage(
                    "an earlier run of this project does not end",
                ));
            }
            if !said {
                context.printer.status(
                    "Waiting",
                    "for the services of an earlier run, which are being stopped",
                );
                said = true;
            }
            sleep(POLL).await;
        }
    }

    async fn try_start(context: &Context, project: &Project) -> Result<Option<Self>, Failure> {
        let failed = |error: io::Error| {
            Failure::new(Exit::Bug, "cannot start the guardian process").because(error)
        };
        let state = project.state();
        std::fs::create_dir_all(&state).map_err(|error| {
            Failure::unreadable(format!("cannot create {}", state.display())).because(error)
        })?;
        let mut process = Command::new(&context.environment.executable)
            .arg("guardian")
            .arg(project.lock_file())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .process_group(0)
            .spawn()
            .map_err(failed)?;
        let pipe = process.stdin.take().expect("stdin is piped");
        let pipe = File::from(pipe.into_owned_fd().map_err(failed)?);
        let stdout = process.stdout.take().expect("stdout is piped");
        let mut answer = String::new();
        timeout(START, BufReader::new(stdout).read_line(&mut answer))
            .await
            .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
            .map_err(failed)?;
        match answer.trim() {
            HOLDING => Ok(Some(Self {
                process,
                pipe: Mutex::new(pipe),
            })),
            BUSY => {
                drop(pipe);
                process.wait().await.map_err(failed)?;
                Ok(None)
            }
            _ => Err(failed(io::ErrorKind::UnexpectedEof.into())),
        }
    }

    /// From now on, `group` does not outlive `slingshot run`.
    pub(crate) fn watch(&self, group: Group) {
        self.tell(Order::Watch(group));
    }

    /// `group` has ended.
    pub(crate) fn forget(&self, group: Group) {
        self.tell(Order::Forget(group));
    }

    /// A guardian that was killed cannot be told anything, and nothing depends on it as long as this
    /// process lives.
    fn tell(&self, order: Order) {
        let mut pipe = self.pipe.lock().unwrap_or_else(PoisonError::into_inner);
        pipe.write_all(order.to_string().as_bytes()).ok();
    }

    /// Lets the guardian go, and with it the lock.
    pub(crate) async fn dismiss(self) {
        let Self { mut process, pipe } = self;
        drop(pipe);
        timeout(DRAIN, process.wait()).await.ok();
    }
}

/// The hidden command that the guardian is started with.
#[derive(Debug, Args)]
pub(crate) struct GuardianArguments {
    lock: PathBuf,
}

/// Watches until the pipe ends, then leaves nothing running.
///
/// # Errors
///
/// If the lock file cannot be opened or the pipe breaks.
#[tokio::main(flavor = "current_thread")]
pub(crate) async fn run(context: &Context, arguments: &GuardianArguments) -> Result<Exit, Failure> {
    let failed =
        |error: io::Error| Failure::unreadable("the guardian cannot do its work").because(error);
    // What stops `slingshot run` must not stop the guardian: it ends when its work is done.
    let _ignored = [
        SignalKind::interrupt(),
        SignalKind::terminate(),
        SignalKind::hangup(),
    ]
    .map(signal);
    let lock = File::create(&arguments.lock).map_err(failed)?;
    if lock.try_lock().is_err() {
        context.printer.result(BUSY);
        return Ok(Exit::Clean);
    }
    context.printer.result(HOLDING);
    let mut watched = BTreeSet::new();
    // Nothing else runs in this process until the pipe ends, so that it may block here.
    for line in io::stdin().lock().lines().map_while(Result::ok) {
        match line.parse() {
            Ok(Order::Watch(group)) => watched.insert(group),
            Ok(Order::Forget(group)) => watched.remove(&group),
            // The last line of a process that was killed while it wrote.
            Err(NoOrder) => false,
        };
    }
    if !watched.is_empty() {
        context
            .printer
            .line("slingshot run is gone: stopping its services");
        stop(&watched).await;
    }
    Ok(Exit::Clean)
}

async fn stop(watched: &BTreeSet<Group>) {
    for group in watched {
        group.drain();
    }
    let deadline = Instant::now() + DRAIN;
    while Instant::now() < deadline && watched.iter().any(|group| group.is_running()) {
        sleep(POLL).await;
    }
    for group in watched {
        group.kill();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_survive_the_pipe_and_half_of_one_is_none() {
        for order in [Order::Watch(Group(7)), Order::Forget(Group(7))] {
            assert_eq!(order.to_string().parse(), Ok(order));
        }
        assert_eq!("watc".parse::<Order>(), Err(NoOrder));
        assert_eq!("".parse::<Order>(), Err(NoOrder));
    }
}

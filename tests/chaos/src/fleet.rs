//! The processes of the services, kept alive as an orchestrator does: one that ends is started again.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};
use rustix::process::Signal;
use tokio::{
    process::{Child, Command},
    sync::watch,
    task::JoinHandle,
    time::{sleep, timeout},
};

use crate::{
    engines::{self, Guardian},
    pipeline::SERVICES,
};

/// Processes of each service.
pub(crate) const PROCESSES: usize = 2;

/// How long an orchestrator waits before it starts a process again.
const RESTART: Duration = Duration::from_millis(300);

/// A service has 25 s to drain; a machine that is busy may take longer to notice.
const DRAIN: Duration = Duration::from_secs(90);

/// What each process is started with.
#[derive(Debug)]
pub(crate) struct Launch {
    pub(crate) program: PathBuf,
    pub(crate) directory: PathBuf,
    pub(crate) sys_map: String,
    pub(crate) guardian: Arc<Guardian>,
}

#[derive(Debug)]
pub(crate) struct Fleet {
    members: Vec<Member>,
    incidents: Arc<Mutex<Vec<String>>>,
}

#[derive(Debug)]
struct Member {
    service: &'static str,
    state: Arc<Mutex<State>>,
    /// How often it has ended.
    ends: watch::Receiver<u64>,
    keeper: JoinHandle<()>,
}

#[derive(Debug, Default)]
struct State {
    /// The process that runs now.
    id: Option<u32>,
    /// The last signal that it was sent.
    sent: Option<Signal>,
    /// It is not started again.
    retired: bool,
}

impl Fleet {
    pub(crate) fn start(launch: Launch) -> Self {
        let launch = Arc::new(launch);
        let incidents = Arc::<Mutex<Vec<String>>>::default();
        let places = SERVICES.into_iter().flat_map(|service| {
            (1..=PROCESSES).map(move |number| (service, format!("{service}-{number}")))
        });
        let members = places.map(|(service, name)| {
            let state = Arc::<Mutex<State>>::default();
            let (count, ends) = watch::channel(0);
            let keeper = Keeper {
                launch: Arc::clone(&launch),
                service,
                name,
                state: Arc::clone(&state),
                incidents: Arc::clone(&incidents),
                count,
            };
            Member {
                service,
                state,
                ends,
                keeper: tokio::spawn(keeper.keep()),
            }
        });
        Self {
            members: members.collect(),
            incidents,
        }
    }

    /// The service that the process at an index is of.
    pub(crate) fn service(&self, index: usize) -> &'static str {
        self.members[index].service
    }

    /// The processes of a service, by index.
    pub(crate) fn processes_of(&self, service: &str) -> Vec<usize> {
        let members = self.members.iter().enumerate();
        let of_service = members.filter(|(_, member)| member.service == service);
        of_service.map(|(index, _)| index).collect()
    }

    /// Sends a signal to the process at an index; to its successor if it is about to be replaced.
    pub(crate) async fn signal(&self, index: usize, signal: Signal) -> Result<()> {
        for _ in 0..200 {
            if self.members[index].send(signal)? {
                return Ok(());
            }
            sleep(Duration::from_millis(100)).await;
        }
        anyhow::bail!("a process of {} does not start", self.service(index))
    }

    /// Has the process at an index drain, and waits for its end.
    pub(crate) async fn drain(&self, index: usize) -> Result<()> {
        let mut ends = self.members[index].ends.clone();
        ends.mark_unchanged();
        self.signal(index, Signal::TERM).await?;
        let ended = timeout(DRAIN, ends.changed()).await;
        ensure!(
            ended.is_ok(),
            "a process of {} does not drain",
            self.service(index)
        );
        Ok(())
    }

    /// Drains every process for good.
    pub(crate) async fn retire(&self) -> Result<()> {
        for member in &self.members {
            member.state().retired = true;
            member.send(Signal::TERM)?;
        }
        let over = async {
            for member in &self.members {
                while !member.keeper.is_finished() {
                    sleep(Duration::from_millis(20)).await;
                }
            }
        };
        timeout(DRAIN, over)
            .await
            .context("the services do not drain")
    }

    /// Processes that ended when nobody asked them to, or otherwise than they were asked to.
    pub(crate) fn incidents(&self) -> Vec<String> {
        lock(&self.incidents).clone()
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        for member in &self.members {
            member.state().retired = true;
            member.send(Signal::KILL).ok();
            member.keeper.abort();
        }
    }
}

impl Member {
    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// Whether there was a process to send to.
    fn send(&self, signal: Signal) -> Result<bool> {
        let mut state = self.state();
        let Some(id) = state.id else {
            return Ok(false);
        };
        engines::signal(id, signal)?;
        if matches!(signal, Signal::KILL | Signal::TERM) {
            state.sent = Some(signal);
        }
        Ok(true)
    }
}

/// Keeps one process alive.
struct Keeper {
    launch: Arc<Launch>,
    service: &'static str,
    name: String,
    state: Arc<Mutex<State>>,
    incidents: Arc<Mutex<Vec<String>>>,
    count: watch::Sender<u64>,
}

impl Keeper {
    async fn keep(self) {
        for start in 1_u32.. {
            if lock(&self.state).retired {
                return;
            }
            let log = self
                .launch
                .directory
                .join(format!("logs/{}.{start}.log", self.name));
            match self.spawn(&log) {
                Ok(process) => self.wait(process, &log).await,
                Err(error) => self.incident(&format!("cannot be started: {error:#}")),
            }
            self.count.send_modify(|count| *count += 1);
            sleep(RESTART).await;
        }
    }

    fn spawn(&self, log: &Path) -> Result<Child> {
        let directory = &self.launch.directory;
        let process = Command::new(&self.launch.program)
            .arg("--services")
            .env("SLINGSHOT_SYS_MAP", &self.launch.sys_map)
            .env("SLINGSHOT_SERVICES", self.service)
            .env("SLINGSHOT_STAGING", directory.join("staging"))
            .env("SLINGSHOT_STATE", directory.join("state"))
            .env("SLINGSHOT_ADMIN", "127.0.0.1:0")
            .env("SLINGSHOT_LOG", "json")
            .env_remove("SLINGSHOT_REPORT")
            .env_remove("RUST_LOG")
            .stdin(Stdio::null())
            .stdout(engines::log(log)?)
            .stderr(engines::log(log)?)
            .process_group(0)
            .spawn()?;
        if let Some(id) = process.id() {
            self.launch.guardian.watch(id)?;
        }
        Ok(process)
    }

    async fn wait(&self, mut process: Child, log: &Path) {
        let Some(id) = process.id() else {
            return;
        };
        {
            let mut state = lock(&self.state);
            state.id = Some(id);
            // Retired between its start and now.
            state.sent = state.retired.then_some(Signal::TERM);
            if state.retired {
                engines::signal(id, Signal::TERM).ok();
            }
        }
        let status = process.wait().await;
        self.launch.guardian.forget(id);
        let sent = {
            let mut state = lock(&self.state);
            state.id = None;
            state.sent.take()
        };
        let expected = match (&status, sent) {
            (_, Some(Signal::KILL)) => true,
            // 75: it has given back work that it could not finish in time.
            (Ok(status), Some(_)) => matches!(status.code(), Some(0 | 75)),
            _ => false,
        };
        if !expected {
            let how = status.map_or_else(
                |error| error.to_string(),
                |status: ExitStatus| status.to_string(),
            );
            let text = fs::read_to_string(log).unwrap_or_default();
            let last = text.lines().last().unwrap_or("nothing");
            let sent = sent.map_or("without a signal".to_owned(), |sent| {
                format!("after {sent:?}")
            });
            self.incident(&format!("ended {sent} with {how}; it said last: {last}"));
        }
    }

    fn incident(&self, what: &str) {
        lock(&self.incidents).push(format!("{} {what}", self.name));
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

//! The processes of the services, kept alive as an orchestrator does: one that ends is started again.

mod launch;
mod workers;

use std::{
    fs,
    path::Path,
    process::ExitStatus,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};
use rustix::process::Signal;
use tokio::{
    process::Child,
    sync::watch,
    task::JoinHandle,
    time::{sleep, timeout},
};

pub(crate) use self::launch::Launch;
use crate::{engines, pipeline::SERVICES};

/// Processes of each service.
pub(crate) const PROCESSES: usize = 2;

/// How long an orchestrator waits before it starts a process again.
const RESTART: Duration = Duration::from_millis(300);

/// A service has 25 s to drain; a machine that is busy may take longer to notice.
const DRAIN: Duration = Duration::from_secs(90);

#[derive(Debug)]
pub(crate) struct Fleet {
    launch: Arc<Launch>,
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
            launch,
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

    /// Sends a signal to the process at an index, and to those that it has started; to its successor if it is about
    /// to be replaced.
    pub(crate) async fn signal(&self, index: usize, signal: Signal) -> Result<()> {
        let sent = self.try_often(index, || self.members[index].send_to_all(signal));
        sent.await
    }

    /// Sends a signal to the process at an index, and to none that it has started.
    pub(crate) async fn signal_first(&self, index: usize, signal: Signal) -> Result<()> {
        let sent = self.try_often(index, || self.members[index].send(signal));
        sent.await
    }

    /// The worker processes of the process at an index, once there are any.
    pub(crate) async fn workers(&self, index: usize) -> Result<Vec<u32>> {
        let mut found = Vec::new();
        let looked = self.try_often(index, || {
            if let Some(id) = self.members[index].state().id {
                found = workers::of(id)?;
            }
            Ok(!found.is_empty())
        });
        looked.await?;
        Ok(found)
    }

    /// Has the next call in Python end its process, after its insert.
    pub(crate) fn lay_trap(&self) -> Result<()> {
        self.launch.lay_trap()
    }

    /// Tries until there is a process to do it to.
    async fn try_often(&self, index: usize, mut act: impl FnMut() -> Result<bool>) -> Result<()> {
        for _ in 0..200 {
            if act()? {
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
        self.signal_first(index, Signal::TERM).await?;
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
            member.send_to_all(Signal::KILL).ok();
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
        self.send_by(engines::signal, signal)
    }

    /// The same with its workers.
    fn send_to_all(&self, signal: Signal) -> Result<bool> {
        self.send_by(engines::signal_group, signal)
    }

    fn send_by(&self, send: fn(u32, Signal) -> Result<()>, signal: Signal) -> Result<bool> {
        let mut state = self.state();
        let Some(id) = state.id else {
            return Ok(false);
        };
        send(id, signal)?;
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
            match self.launch.spawn(self.service, &log) {
                Ok(process) => self.wait(process, &log).await,
                Err(error) => self.incident(&format!("cannot be started: {error:#}")),
            }
            self.count.send_modify(|count| *count += 1);
            sleep(RESTART).await;
        }
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

//! Faults of the processes that a service in Python is made of.

use std::time::Duration;

use anyhow::{Context as _, Result};
use rustix::process::Signal;
use tokio::time::{Instant, sleep};

use super::{Fault, Kind, Struck};
use crate::{engines, fleet::PROCESSES, pipeline::PYTHON_FORM, system::System, tap::Sign};

/// How often a worker is killed again, and how long each time it may take to work before.
const KILLS: u32 = 4;
const STARTED: Duration = Duration::from_secs(10);

impl Fault {
    pub(super) async fn strike_python(&self, system: &System) -> Result<Struck> {
        let fleet = &system.fleet;
        let supervisor = fleet.processes_of(PYTHON_FORM)[self.process % PROCESSES];
        let begun = Instant::now();
        match self.kind {
            Kind::WorkerKilled => kill(self.one_of(&fleet.workers(supervisor).await?)?),
            Kind::WorkersKilled => fleet.workers(supervisor).await?.into_iter().for_each(kill),
            Kind::WorkerKilledAgain => return self.kill_workers(system, supervisor).await,
            Kind::WorkerCrashed => fleet.lay_trap()?,
            Kind::SupervisorKilled => fleet.signal_first(supervisor, Signal::KILL).await?,
            _ => {
                let worker = self.one_of(&fleet.workers(supervisor).await?)?;
                send(worker, Signal::STOP);
                sleep(self.hold).await;
                send(worker, Signal::CONT);
                return Ok(Self::over(&[PYTHON_FORM]));
            }
        }
        Ok(struck(begun))
    }

    /// Kills one worker after the other, each time that a new one has completed a message.
    async fn kill_workers(&self, system: &System, supervisor: usize) -> Result<Struck> {
        let mut since = Instant::now();
        for _ in 0..KILLS {
            let workers = system.fleet.workers(supervisor).await?;
            since = Instant::now();
            kill(self.one_of(&workers)?);
            let sign = Sign::OnAConnectionSince(since);
            let works = system.tap.recovered(PYTHON_FORM, since, sign);
            tokio::time::timeout(STARTED, works).await.ok();
        }
        Ok(struck(since))
    }

    fn one_of(&self, workers: &[u32]) -> Result<u32> {
        let index = self.process % workers.len().max(1);
        workers.get(index).copied().context("a worker")
    }
}

/// One that has ended by itself meanwhile is as good as killed.
fn kill(worker: u32) {
    send(worker, Signal::KILL);
}

fn send(worker: u32, signal: Signal) {
    engines::signal(worker, signal).ok();
}

fn struck(since: Instant) -> Struck {
    Struck {
        since,
        services: vec![PYTHON_FORM],
        sign: Sign::OnAConnectionSince(since),
    }
}

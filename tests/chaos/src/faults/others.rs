//! Faults of the services themselves, of PostgreSQL, of S3 and of the sys-map.

use std::time::Duration;

use anyhow::Result;
use diesel::connection::SimpleConnection as _;
use rustix::process::Signal;
use tokio::time::{Instant, sleep};

use super::{Fault, Kind, Struck};
use crate::{
    proxy::{Answer, CommitCut},
    system::System,
    tap::Sign,
};

/// Each way, and each piece of an object.
const SLOW: Duration = Duration::from_millis(200);

/// After so many bytes an answer of S3 breaks: in the body of a larger object, past that of a small one.
const TORN: usize = 5_000;

/// How often a process is killed again, and how long each time it may take to work before.
const KILLS: u32 = 4;
const STARTED: Duration = Duration::from_secs(10);

/// Who uses PostgreSQL, and who S3.
const WITH_DATABASE: [&str; 2] = ["stamp", "tally"];
const WITH_OBJECTS: [&str; 2] = ["split", "stamp"];

const END_SESSIONS: &str = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
     WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'";

impl Fault {
    pub(super) async fn strike_service(&self, system: &System) -> Result<Struck> {
        let fleet = &system.fleet;
        let begun = Instant::now();
        match self.kind {
            Kind::ServiceKilled => fleet.signal(self.process, Signal::KILL).await?,
            Kind::ServiceKilledAgain => return self.kill_again_and_again(system).await,
            Kind::AllKilled => {
                for process in fleet.processes_of(fleet.service(self.process)) {
                    fleet.signal(process, Signal::KILL).await?;
                }
            }
            Kind::ServiceDrained => fleet.drain(self.process).await?,
            _ => {
                fleet.signal(self.process, Signal::STOP).await?;
                sleep(self.hold).await;
                fleet.signal(self.process, Signal::CONT).await?;
                return Ok(Self::over(&[fleet.service(self.process)]));
            }
        }
        Ok(Struck {
            since: begun,
            services: vec![fleet.service(self.process)],
            sign: Sign::OnAConnectionSince(begun),
        })
    }

    /// Kills a process each time that it has completed a message: its neighbours' messages come and come
    /// again with it.
    async fn kill_again_and_again(&self, system: &System) -> Result<Struck> {
        let service = system.fleet.service(self.process);
        let mut since = Instant::now();
        for _ in 0..KILLS {
            since = Instant::now();
            system.fleet.signal(self.process, Signal::KILL).await?;
            let works = system
                .tap
                .recovered(service, since, Sign::OnAConnectionSince(since));
            tokio::time::timeout(STARTED, works).await.ok();
        }
        Ok(Struck {
            since,
            services: vec![service],
            sign: Sign::OnAConnectionSince(since),
        })
    }

    pub(super) async fn strike_sys_map(&self, system: &System) -> Result<Struck> {
        system.to_sys_map.shut();
        let begun = Instant::now();
        system.fleet.signal(self.process, Signal::KILL).await?;
        let service = system.fleet.service(self.process);
        let recovered = system
            .tap
            .recovered(service, begun, Sign::OnAConnectionSince(begun));
        // A service that starts without its sys-map has recovered; one that waits for it has not.
        tokio::time::timeout(self.hold.max(Duration::from_secs(5)), recovered)
            .await
            .ok();
        system.to_sys_map.calm();
        Ok(Struck {
            since: begun,
            services: vec![service],
            sign: Sign::OnAConnectionSince(begun),
        })
    }

    pub(super) async fn strike_database(&self, system: &System) -> Result<Struck> {
        let (postgresql, proxy) = (&system.postgresql, &system.to_database);
        match self.kind {
            Kind::DatabaseRestarted | Kind::DatabaseCrashed => {
                let fast = self.kind == Kind::DatabaseRestarted;
                postgresql
                    .end(if fast { Signal::INT } else { Signal::QUIT })
                    .await?;
                sleep(self.hold).await;
                postgresql.begin().await?;
            }
            Kind::SessionsEnded => {
                let mut connection = postgresql.connect().await?;
                connection.batch_execute(END_SESSIONS)?;
            }
            Kind::DatabaseCut => proxy.cut(),
            Kind::DatabaseShut => {
                proxy.shut();
                sleep(self.hold).await;
                proxy.calm();
            }
            Kind::DatabaseSilent => {
                proxy.silence();
                sleep(self.hold).await;
                proxy.cut();
            }
            Kind::DatabaseSlow => {
                proxy.delay(SLOW);
                sleep(self.hold).await;
                proxy.calm();
            }
            _ => {
                let after = self.kind == Kind::CommitUnanswered;
                proxy.cut_commits(if after {
                    CommitCut::After
                } else {
                    CommitCut::Before
                });
                sleep(self.hold).await;
                proxy.calm();
            }
        }
        Ok(Self::over(&WITH_DATABASE))
    }

    pub(super) async fn strike_objects(&self, system: &System) -> Result<Struck> {
        let proxy = &system.to_objects;
        match self.kind {
            Kind::ObjectsInternalError => proxy.answer(Answer::InternalError),
            Kind::ObjectsUnavailable => proxy.answer(Answer::ServiceUnavailable),
            Kind::ObjectsSlowDown => proxy.answer(Answer::SlowDown),
            Kind::ObjectsShut => proxy.shut(),
            Kind::ObjectsSlow => proxy.delay(SLOW),
            _ => proxy.tear(TORN),
        }
        sleep(self.hold).await;
        proxy.calm();
        Ok(Self::over(&WITH_OBJECTS))
    }
}

//! What is broken, how, and what must come back afterwards.

mod broker;
mod others;
mod python;

use std::time::Duration;

use anyhow::Result;
use tokio::time::Instant;

use crate::{pipeline::SERVICES, system::System, tap::Sign};

/// One fault of the schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) kind: Kind,
    /// How long it lasts, if it is one that lasts.
    pub(crate) hold: Duration,
    /// Which process it strikes, if it strikes one.
    pub(crate) process: usize,
    /// Whose queue it strikes, if it strikes one.
    pub(crate) queue: &'static str,
}

/// What faults are faults of. Those of one domain do not strike together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Domain {
    Services,
    Python,
    Broker,
    Database,
    Objects,
    SysMap,
}

/// A fault that has struck and is over.
#[derive(Debug)]
pub(crate) struct Struck {
    /// From when on the time to recovery counts: the fault's end, or the kill.
    pub(crate) since: Instant,
    /// What must complete a message for the fault to be recovered from.
    pub(crate) services: Vec<&'static str>,
    pub(crate) sign: Sign,
}

/// Makes the list of all kinds beside their type, so that none is forgotten.
macro_rules! kinds {
    ($($kind:ident $name:literal in $domain:ident,)*) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub(crate) enum Kind { $($kind,)* }

        impl Kind {
            pub(crate) const ALL: &[Self] = &[$(Self::$kind,)*];

            /// What the table calls it.
            pub(crate) fn name(self) -> &'static str {
                match self { $(Self::$kind => $name,)* }
            }

            pub(crate) fn domain(self) -> Domain {
                match self { $(Self::$kind => Domain::$domain,)* }
            }
        }
    };
}

kinds! {
    ServiceKilled "service killed" in Services,
    ServiceKilledAgain "service killed again and again" in Services,
    AllKilled "every process of a service killed" in Services,
    ServiceDrained "service drained and replaced" in Services,
    ServiceStopped "service stopped for a while" in Services,
    WorkerKilled "Python worker killed" in Python,
    WorkerKilledAgain "Python worker killed again and again" in Python,
    WorkersKilled "every Python worker killed" in Python,
    WorkerCrashed "segfault inside a Python call" in Python,
    WorkerStopped "Python worker stopped for a while" in Python,
    SupervisorKilled "Python supervisor killed" in Python,
    BrokerRestarted "RabbitMQ restarted" in Broker,
    BrokerKilled "RabbitMQ killed" in Broker,
    BrokerCut "RabbitMQ connections cut" in Broker,
    BrokerShut "RabbitMQ unreachable" in Broker,
    BrokerSilent "RabbitMQ connections silent" in Broker,
    BrokerHalfOpen "RabbitMQ connections half-open for ever" in Broker,
    BrokerSlow "RabbitMQ slow" in Broker,
    BrokerCloses "connections closed by RabbitMQ" in Broker,
    ChannelNotFound "channels closed by RabbitMQ, 404" in Broker,
    ChannelPrecondition "channels closed by RabbitMQ, 406" in Broker,
    ConsumerCancelled "queue crashed, consumers cancelled" in Broker,
    RetryQueuesDeleted "empty retry queues deleted" in Broker,
    PublishersBlocked "publishers blocked by RabbitMQ" in Broker,
    DatabaseRestarted "PostgreSQL restarted" in Database,
    DatabaseCrashed "PostgreSQL stopped at once, recovery" in Database,
    DatabaseCut "PostgreSQL connections cut" in Database,
    DatabaseShut "PostgreSQL unreachable" in Database,
    DatabaseSilent "PostgreSQL connections silent" in Database,
    DatabaseSlow "PostgreSQL slow" in Database,
    SessionsEnded "PostgreSQL sessions terminated" in Database,
    CommitUnheard "connection cut before COMMIT arrives" in Database,
    CommitUnanswered "connection cut after COMMIT" in Database,
    ObjectsInternalError "S3 answers 500" in Objects,
    ObjectsUnavailable "S3 answers 503" in Objects,
    ObjectsSlowDown "S3 answers SlowDown" in Objects,
    ObjectsShut "S3 unreachable" in Objects,
    ObjectsSlow "S3 slow" in Objects,
    ObjectsTorn "S3 bodies cut" in Objects,
    SysMapDown "sys-map down, service killed" in SysMap,
}

impl Kind {
    /// What only worker processes know.
    pub(crate) fn is_of_python(self) -> bool {
        self.domain() == Domain::Python
    }

    /// Heartbeats are 30 s: nobody knows of a dead peer before two have failed to come.
    pub(crate) fn takes_minutes(self) -> bool {
        self == Self::BrokerHalfOpen
    }
}

impl Fault {
    /// Breaks, waits and mends.
    pub(crate) async fn strike(&self, system: &System) -> Result<Struck> {
        match self.kind.domain() {
            Domain::Broker => self.strike_broker(system).await,
            Domain::Services => self.strike_service(system).await,
            Domain::Python => self.strike_python(system).await,
            Domain::Database => self.strike_database(system).await,
            Domain::Objects => self.strike_objects(system).await,
            Domain::SysMap => self.strike_sys_map(system).await,
        }
    }

    /// Over now, and whoever completes a message has recovered.
    fn over(services: &[&'static str]) -> Struck {
        Struck {
            since: Instant::now(),
            services: services.to_vec(),
            sign: Sign::Any,
        }
    }

    /// Every service has lost its connections, and must complete a message on a new one.
    fn connections_gone(since: Instant) -> Struck {
        Struck {
            since,
            services: SERVICES.to_vec(),
            sign: Sign::OnAConnectionSince(since),
        }
    }
}

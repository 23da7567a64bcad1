//! The bus's connection: one after another, until the process has drained.

use std::sync::Arc;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use slingshot_topology::sys_map::RabbitMq;
use thiserror::Error;
use tokio::{
    sync::{Notify, mpsc, watch},
    task::{JoinError, JoinSet},
    time::{Duration, Instant, sleep},
};

use super::super::Hub;
use super::{
    BusHealth, Connected, Remote,
    calls::Calls,
    dispatched::Dispatched,
    listening::{Listening, Seen},
    waiting::WaitingCalls,
};
use crate::{
    amqp::{BrokerError, Connection, DECLARED_AT_ONCE, Replies, Tiers, within},
    backoff::Backoff,
    drain::{Drain, Phase},
    meter::Answer,
    metrics::Metrics,
    secret::{SecretError, SecretSource},
    settle::Outlet,
    sys_map::{Access, RABBITMQ, SysMap, SysMapError},
};

/// What the broker's tools show, and what dead letters and retries have as their sender.
const NAME: &str = "slingshot:bus";

/// How long a starting process waits for a broker that does not answer. One that has answered once is waited for
/// without end.
const FIRST_CONNECTION: Duration = Duration::from_mins(1);

/// How long the broker may take for the connection and the queues together.
const OPEN_TIMEOUT: Duration = Duration::from_mins(1);

/// A connection that lived as long as this was a good one: after it, waits begin anew.
const GOOD_CONNECTION: Duration = Duration::from_secs(10);

/// How many topics may wait to be listened to.
const LISTENS: usize = 64;

/// A bus that has no broker.
#[derive(Debug, Error)]
pub(crate) enum BusError {
    #[error("SLINGSHOT_BUS is `amqp`, and nobody says where the broker is: set SLINGSHOT_SYS_MAP")]
    NoSysMap,
    #[error("the bus cannot learn where its broker is: {0}")]
    SysMap(#[from] SysMapError),
    #[error("the bus cannot log in: {0}")]
    Secret(#[from] SecretError),
    #[error("the bus has no broker: {0}")]
    Broker(#[from] BrokerError),
}

impl BusError {
    /// Whether another start would end in the same way.
    pub(crate) fn is_configuration(&self) -> bool {
        match self {
            Self::NoSysMap => true,
            Self::SysMap(error) => error.is_configuration(),
            Self::Secret(_) | Self::Broker(_) => false,
        }
    }
}

/// What keeps a [`Remote`] connected.
pub(crate) struct BusLife {
    sys_map: SysMap,
    connected: watch::Sender<Option<Arc<Connected>>>,
    health: Arc<BusHealth>,
    seen: Arc<Seen>,
}

/// How to log in.
struct Login {
    broker: RabbitMq,
    password: SecretSource,
}

impl BusLife {
    pub(crate) fn new(
        sys_map: Option<String>,
        access: &Access,
        metrics: &Metrics,
    ) -> Result<(Self, Remote), BusError> {
        let host = sys_map.ok_or(BusError::NoSysMap)?;
        let sys_map = SysMap::new(&host, access)?;
        let (connected, of_remote) = watch::channel(None);
        let life = Self {
            sys_map,
            connected,
            health: Arc::new(BusHealth::new()),
            seen: Arc::default(),
        };
        Ok((life, Remote::new(of_remote, metrics)))
    }

    pub(crate) fn health(&self) -> &Arc<BusHealth> {
        &self.health
    }

    /// Serves the hub's handlers until the process drains, and carries calls of its own until `finish`. Says how
    /// many calls were cut off.
    pub(crate) async fn run(
        self,
        hub: Arc<Hub>,
        mut drain: Drain,
        finish: Arc<Notify>,
    ) -> Result<usize, BusError> {
        let login = tokio::select! {
            login = self.login() => login?,
            () = drain.reached(Phase::Draining) => return Ok(0),
        };
        let mut backoff = Backoff::default();
        let mut give_up = Some(Instant::now() + FIRST_CONNECTION);
        loop {
            let begun = Instant::now();
            let mut draining = drain.clone();
            let opening = self.open(&login, &hub, &drain);
            let opened = tokio::select! {
                opened = within(OPEN_TIMEOUT, "open the bus's connection and its queues", opening) => opened,
                () = draining.reached(Phase::Draining) => return Ok(0),
            };
            let ended = match opened {
                Ok(session) => {
                    give_up = None;
                    session.run(&self, &finish).await
                }
                Err(error) => Err((error, 0)),
            };
            let (error, unsettled) = match ended {
                Ok(cut_off) => return Ok(cut_off),
                Err(ended) => ended,
            };
            if drain.phase() != Phase::Running {
                tracing::warn!(%error, "the bus's connection broke while draining");
                return Ok(unsettled);
            }
            self.health.is(Answer::Failed(error.to_string()));
            if give_up.is_none() && begun.elapsed() >= GOOD_CONNECTION {
                backoff.reset();
            }
            let wait = backoff.after_failure();
            if give_up.is_some_and(|instant| Instant::now() + wait > instant) {
                return Err(error.into());
            }
            tracing::warn!(%error, ?wait, "the bus connects again");
            tokio::select! {
                () = sleep(wait) => {}
                () = drain.reached(Phase::Draining) => return Ok(0),
            }
        }
    }

    async fn login(&self) -> Result<Login, BusError> {
        let broker: RabbitMq = self.sys_map.find(RABBITMQ).await?;
        let password = SecretSource::resolve(&broker.password).await?;
        Ok(Login { broker, password })
    }

    async fn open(
        &self,
        login: &Login,
        hub: &Arc<Hub>,
        drain: &Drain,
    ) -> Result<Session, BrokerError> {
        let connection = Connection::log_in(&login.broker, &login.password, NAME).await?;
        let (letters, replies) = connection.letters().await?;
        let answers = Arc::new(connection.answers().await?);
        let outlet = Arc::new(Outlet {
            publisher: connection.publisher(NAME).await?,
            tiers: Tiers::open(&connection, Vec::new()).await?,
        });
        let opening = stream::iter(hub.members()).map(|member| async {
            let handler = Arc::clone(&member.handler);
            let outlet = Arc::clone(&outlet);
            let answers = Arc::clone(&answers);
            // What was dispatched first: a process that has a handler's calls has its queue.
            let dispatched = Dispatched::open(&connection, Arc::clone(hub), member, outlet).await?;
            let calls = Calls::open(&connection, Arc::clone(hub), handler, answers).await?;
            Ok::<_, BrokerError>((calls, dispatched))
        });
        let opened: Vec<_> = opening
            .buffer_unordered(DECLARED_AT_ONCE)
            .try_collect()
            .await?;
        let seen = Arc::clone(&self.seen);
        let listening = Listening::open(&connection, Arc::clone(hub), seen).await?;
        let (listen, requests) = mpsc::channel(LISTENS);
        let connected = Arc::new(Connected {
            letters,
            waiting: WaitingCalls::new(),
            listen,
        });
        let (mut serving, mut carrying) = (JoinSet::new(), JoinSet::new());
        for (calls, dispatched) in opened {
            serving.spawn(calls.serve(drain.clone()));
            serving.spawn(dispatched.serve(drain.clone()));
        }
        carrying.spawn(listening.follow(requests));
        carrying.spawn(hand_out(replies, Arc::clone(&connected)));
        Ok(Session {
            connection,
            connected,
            serving,
            carrying,
        })
    }
}

/// The bus on one connection. Dropped, what runs for it is dropped too.
struct Session {
    connection: Connection,
    connected: Arc<Connected>,
    /// What is done for others, until the process drains.
    serving: JoinSet<Result<usize, BrokerError>>,
    /// What is done for this process, until it ends.
    carrying: JoinSet<Result<(), BrokerError>>,
}

impl Session {
    /// How many calls were cut off; with the error when the connection was.
    async fn run(mut self, life: &BusLife, finish: &Notify) -> Result<usize, (BrokerError, usize)> {
        let connected = Some(Arc::clone(&self.connected));
        life.connected.send_replace(connected);
        life.health.is(Answer::Worked);
        tracing::info!("the bus is connected");
        let mut cut_off = 0;
        let ended = self.carry(finish, &mut cut_off).await;
        life.connected.send_replace(None);
        self.connected.waiting.end();
        match ended {
            Ok(()) => {
                self.connection.close().await;
                Ok(cut_off)
            }
            Err(error) => Err((error, cut_off + self.serving.len())),
        }
    }

    async fn carry(&mut self, finish: &Notify, cut_off: &mut usize) -> Result<(), BrokerError> {
        let broken = |error: JoinError| BrokerError::Broken(error.into());
        loop {
            tokio::select! {
                Some(served) = self.serving.join_next() => *cut_off += served.map_err(broken)??,
                Some(carried) = self.carrying.join_next() => carried.map_err(broken)??,
                () = finish.notified(), if self.serving.is_empty() => return Ok(()),
            }
        }
    }
}

/// Hands replies to those who wait for them. Ends with the connection.
async fn hand_out(mut replies: Replies, connected: Arc<Connected>) -> Result<(), BrokerError> {
    loop {
        connected.waiting.answer(replies.next().await?);
    }
}

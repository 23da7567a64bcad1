//! A service on one connection: from the first message to the connection's end, or the service's.

mod acks;
mod deliveries;
mod ending;
mod outage;
mod returning;
mod settling;

use std::{
    collections::{BTreeMap, BTreeSet},
    future::pending,
    pin::pin,
    sync::Arc,
    time::Duration,
};

use futures_util::{FutureExt as _, StreamExt as _, stream::FuturesUnordered};
use thiserror::Error;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

use self::acks::Acks;
#[cfg(any(test, fuzzing))]
pub(crate) use deliveries::decode;
pub(super) use returning::Returning;

use super::{Service, gate::Gate, patience::Patience};
use crate::{
    amqp::{BrokerError, Connection, Inbox},
    drain::{DRAIN_TIMEOUT, Drain, Phase},
    failure::Failure,
    settle::{Committed, Outlet, Received},
    workers::{Clock, Done, Workers, overdue},
};

/// How often running functions are held against their limit.
const LIMIT_CHECK: Duration = Duration::from_secs(1);

/// How often the workers are looked after. No acknowledgement is owed for longer.
const LOOK: Duration = Duration::from_millis(100);

/// How many functions may run past their limit, for each replica, before the process is past saving.
const MOST_OVERDUE_PER_REPLICA: i64 = 4;

/// How a session ended without an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Drained {
    /// Messages that were being worked on, and went back to their queue unfinished.
    pub(crate) interrupted: usize,
}

/// Why a session ended.
#[derive(Debug, Error)]
pub(crate) enum SessionError {
    /// A new connection may help.
    #[error(transparent)]
    Broker(#[from] BrokerError),
    /// It may not.
    #[error(
        "{0} calls of the function did not return within their limit, and their threads cannot be \
         stopped: find out what they wait for, or raise `timeout`"
    )]
    Stuck(i64),
    /// Nor here.
    #[error("no thread for another worker: {0}")]
    Thread(#[from] std::io::Error),
}

/// How a session ended, and what it left to the broker to hand out again.
pub(super) struct Ended {
    pub(super) how: Result<Drained, SessionError>,
    pub(super) unsettled: usize,
    /// Redeliveries that had not come yet.
    pub(super) returning: Returning,
}

/// One connection's state, owned by one task.
pub(super) struct Session<'a> {
    service: &'a Service,
    workers: &'a Workers,
    patience: Patience,
    /// Tells this connection's messages from those of one before.
    number: u64,
    inbox: Inbox,
    outlet: Arc<Outlet>,
    /// Messages that the workers have.
    in_work: BTreeMap<u64, InWork>,
    /// Messages that wait for the end of an outage.
    held: BTreeMap<u64, Waiting>,
    gate: Gate,
    /// Messages that wait for the broker's confirmations.
    settling: BTreeSet<u64>,
    acks: Acks,
    returning: Returning,
    /// Messages in a row that may have ended a process.
    suspects: u16,
    is_draining: bool,
}

/// A message that no worker has.
struct Waiting {
    request: u64,
    message: Received,
    delivered: Instant,
    /// Since when it waits for the end of an outage.
    held_since: Option<Instant>,
}

struct InWork {
    waiting: Waiting,
    clock: Arc<Clock>,
}

impl<'a> Session<'a> {
    /// Begins to consume. `returning`: what the connections before may have left unsettled.
    pub(super) async fn open(
        service: &'a Service,
        workers: &'a Workers,
        number: u64,
        returning: Returning,
        connection: &Connection,
        outlet: Outlet,
    ) -> Result<Self, BrokerError> {
        let inbox = Inbox::open(connection, &service.queue, service.prefetch).await?;
        Ok(Self {
            service,
            workers,
            patience: Patience::with(service.limit, connection.consumer_timeout()),
            number,
            inbox,
            outlet: Arc::new(outlet),
            in_work: BTreeMap::new(),
            held: BTreeMap::new(),
            gate: Gate::default(),
            settling: BTreeSet::new(),
            acks: Acks::with(service.prefetch, service.replicas),
            returning,
            suspects: 0,
            is_draining: false,
        })
    }

    /// Works until the connection breaks or the service has drained.
    pub(super) async fn run(mut self, connection: &Connection, drain: Drain) -> Ended {
        let how = self.work(connection, drain).await;
        if how.is_ok() {
            self.flush().await;
        }
        if let Some(dependency) = self.gate.dependency() {
            // The next session finds out for itself.
            self.service.meter.dependency(dependency, Ok(()));
        }
        let unsettled = self.in_work.len() + self.held.len() + self.settling.len();
        self.service.meter.given_back(unsettled as u64);
        Ended {
            how,
            unsettled,
            returning: self.returning,
        }
    }

    async fn work(
        &mut self,
        connection: &Connection,
        drain: Drain,
    ) -> Result<Drained, SessionError> {
        let mut confirmations = FuturesUnordered::new();
        let (mut checks, mut looks) = (interval(LIMIT_CHECK), interval(LOOK));
        for ticks in [&mut checks, &mut looks] {
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        }
        let mut new_routes = pin!(self.service.follow_routes(connection));
        let (mut draining, mut leaving) = (drain.clone(), drain);
        let mut draining = pin!(draining.reached(Phase::Draining));
        let mut leaving = pin!(leaving.reached(Phase::Leaving));
        let mut drain_until: Option<Instant> = None;
        let mut interrupted = 0;
        loop {
            if self.is_draining && self.in_work.is_empty() && self.settling.is_empty() {
                return Ok(Drained { interrupted });
            }
            let ended = tokio::select! {
                // What is rare and must not starve comes first; then what frees room; then what takes it.
                biased;
                () = &mut leaving => return self.interrupt(interrupted),
                () = passed(drain_until) => return self.interrupt(interrupted),
                () = &mut draining, if !self.is_draining => {
                    drain_until = Some(Instant::now() + DRAIN_TIMEOUT);
                    tokio::select! {
                        biased;
                        () = &mut leaving => return self.interrupt(interrupted),
                        stopped = self.stop_consuming() => interrupted += stopped?,
                    }
                    continue;
                }
                // An idle service makes no ticks.
                _ = checks.tick(), if !self.in_work.is_empty() => {
                    self.give_back_unstarted()?;
                    self.take_overdue()?
                }
                _ = looks.tick(), if !self.in_work.is_empty() || self.acks.are_owed() => {
                    self.workers.look_again();
                    self.acknowledge()?;
                    continue;
                }
                () = passed(self.next_try()) => self.try_again(),
                error = &mut new_routes => return Err(error.into()),
                Some(settled) = confirmations.next(), if !self.settling.is_empty() => {
                    self.settled(settled)?;
                    // The broker confirms many at once, and is told of them at once.
                    while let Some(Some(settled)) = confirmations.next().now_or_never() {
                        self.settled(settled)?;
                    }
                    self.acknowledge_if_due()?;
                    continue;
                }
                done = self.workers.done() => match self.take_done(done) {
                    Some((waiting, Err(failure))) if failure.outage().is_some() && self.is_draining => {
                        self.give_back(&waiting)?;
                        interrupted += 1;
                        continue;
                    }
                    Some((waiting, result)) => self.hold_or_end(waiting, result),
                    None => continue,
                },
                delivered = self.inbox.next(), if !self.is_draining => self.begin(delivered?),
            };
            for (message, result) in ended {
                confirmations.push(self.settle(message, result));
            }
        }
    }

    /// The message that a worker is done with; none if it came by a connection that is gone, or its time
    /// was over.
    fn take_done(&mut self, done: Done) -> Option<(Waiting, Result<Committed, Failure>)> {
        let failed = done
            .result
            .as_ref()
            .err()
            .map(|failure| failure.kind().name());
        self.service.meter.called(done.elapsed, failed);
        if done.ticket.session != self.number {
            return None;
        }
        let InWork { waiting, .. } = self.in_work.remove(&done.ticket.tag)?;
        Some((waiting, done.result))
    }

    /// Messages whose function has run past its limit. Each worker is replaced, within reason.
    fn take_overdue(&mut self) -> Result<Vec<Outcome>, SessionError> {
        let limit = self.service.limit;
        let late = self
            .in_work
            .extract_if(.., |_, work| work.clock.overdue(limit));
        let late: Vec<_> = late.map(|(_, work)| work.waiting).collect();
        for _ in &late {
            let stuck = self.workers.replace_one()?;
            if stuck > MOST_OVERDUE_PER_REPLICA * i64::from(self.service.replicas) {
                return Err(SessionError::Stuck(stuck));
            }
        }
        let ended = late
            .into_iter()
            .flat_map(|waiting| self.hold_or_end(waiting, Err(overdue(limit))));
        Ok(ended.collect())
    }
}

/// A message that is to be settled, and with what.
type Outcome = (Received, Result<Committed, Failure>);

async fn passed(instant: Option<Instant>) {
    match instant {
        Some(instant) => sleep_until(instant).await,
        None => pending().await,
    }
}

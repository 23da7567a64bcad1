//! A service on one connection: from the first message to the connection's end, or the service's.

use std::{collections::BTreeMap, future::pending, pin::pin, sync::Arc, time::Duration};

use futures_util::{StreamExt as _, stream::FuturesUnordered};
use thiserror::Error;
use tokio::{
    sync::mpsc,
    time::{Instant, MissedTickBehavior, interval, sleep_until, timeout},
};

use super::Service;
use crate::{
    Delivery,
    amqp::{BrokerError, Connection, Inbound, Inbox, Publisher},
    delivery,
    drain::{DRAIN_TIMEOUT, Drain, Phase},
    failure::{Failure, Kind},
    meter::Ending,
    report::State,
    settle::{self, Committed, Confirmed, Verdict},
    workers::{Clock, Done, Job, Ticket, Workers, overdue},
};

/// How often running functions are held against their limit.
const LIMIT_CHECK: Duration = Duration::from_secs(1);

/// How many functions may run past their limit, for each replica, before the process is past saving.
const MOST_OVERDUE_PER_REPLICA: i64 = 4;

/// How long the broker may take to stop delivering.
const CANCEL_TIMEOUT: Duration = Duration::from_secs(5);

/// How long the last settlements may take to arrive.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(2);

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
}

/// One connection's state, owned by one task.
pub(super) struct Session<'a> {
    service: &'a Service,
    workers: &'a Workers,
    /// Tells this connection's messages from those of one before.
    number: u64,
    inbox: Inbox,
    publisher: Arc<Publisher>,
    /// Messages that the workers have.
    in_work: BTreeMap<u64, InWork>,
    /// Messages that wait for the broker's confirmations.
    settling: usize,
}

struct InWork {
    inbound: Inbound,
    clock: Arc<Clock>,
}

type Settled = Result<(u64, Verdict, Confirmed), BrokerError>;

impl<'a> Session<'a> {
    pub(super) async fn open(
        service: &'a Service,
        workers: &'a Workers,
        number: u64,
        connection: &Connection,
        publisher: Publisher,
    ) -> Result<Self, BrokerError> {
        let inbox = Inbox::open(connection, &service.queue, service.prefetch).await?;
        Ok(Self {
            service,
            workers,
            number,
            inbox,
            publisher: Arc::new(publisher),
            in_work: BTreeMap::new(),
            settling: 0,
        })
    }

    /// Works until the connection breaks or the service has drained.
    pub(super) async fn run(mut self, finished: &mut mpsc::Receiver<Done>, drain: Drain) -> Ended {
        let how = self.work(finished, drain).await;
        if how.is_ok() {
            self.flush().await;
        }
        let unsettled = self.in_work.len() + self.settling;
        self.service.meter.given_back(unsettled as u64);
        Ended { how, unsettled }
    }

    async fn work(
        &mut self,
        finished: &mut mpsc::Receiver<Done>,
        drain: Drain,
    ) -> Result<Drained, SessionError> {
        let mut confirmations = FuturesUnordered::new();
        let mut limit_checks = interval(LIMIT_CHECK);
        limit_checks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (mut draining, mut leaving) = (drain.clone(), drain);
        let mut draining = pin!(draining.reached(Phase::Draining));
        let mut leaving = pin!(leaving.reached(Phase::Leaving));
        let mut drain_until: Option<Instant> = None;
        loop {
            if drain_until.is_some() && self.in_work.is_empty() && self.settling == 0 {
                return Ok(Drained { interrupted: 0 });
            }
            tokio::select! {
                // What is rare and must not starve comes first; then what frees room; then what takes it.
                biased;
                () = &mut leaving => return self.interrupt(),
                () = passed(drain_until) => return self.interrupt(),
                () = &mut draining, if drain_until.is_none() => {
                    drain_until = Some(Instant::now() + DRAIN_TIMEOUT);
                    tokio::select! {
                        biased;
                        () = &mut leaving => return self.interrupt(),
                        stopped = self.stop_consuming() => stopped?,
                    }
                }
                _ = limit_checks.tick() => {
                    for inbound in self.take_overdue()? {
                        let failure = overdue(self.service.limit);
                        confirmations.push(self.settle(inbound, Err(failure)));
                    }
                }
                Some(settled) = confirmations.next(), if self.settling > 0 => self.settled(settled)?,
                Some(done) = finished.recv() => {
                    let failed = done.result.as_ref().err().map(Failure::kind);
                    self.service.meter.called(done.elapsed, failed);
                    if let Some(inbound) = self.take_done(done.ticket) {
                        confirmations.push(self.settle(inbound, done.result));
                    }
                }
                delivered = self.inbox.next(), if drain_until.is_none() => {
                    if let Err(undecodable) = self.begin(delivered?) {
                        let (inbound, failure) = *undecodable;
                        confirmations.push(self.settle(inbound, Err(failure)));
                    }
                }
            }
        }
    }

    /// Hands a message to the workers, or says why it cannot be.
    fn begin(&mut self, inbound: Inbound) -> Result<(), Box<(Inbound, Failure)>> {
        self.service.meter.received();
        let Some(request) = decode(inbound.body()) else {
            let text = inbound.excerpt();
            let reason = format!("the body is not an id, a u64 in decimal: {text:?}");
            return Err(Box::new((inbound, Failure::new(Kind::Undecodable, reason))));
        };
        let headers = inbound.headers();
        let clock = Arc::<Clock>::default();
        self.workers.submit(Job {
            ticket: Ticket {
                session: self.number,
                tag: inbound.tag(),
            },
            request,
            delivery: Delivery {
                message_id: inbound.message_id().map(str::to_owned),
                attempt: delivery::attempt(&headers),
                redelivered: inbound.redelivered(),
                headers,
            },
            trace: inbound.trace().clone(),
            clock: Arc::clone(&clock),
        });
        self.in_work
            .insert(inbound.tag(), InWork { inbound, clock });
        Ok(())
    }

    /// The message that a worker is done with; none if it came by a connection that is gone, or its time
    /// was over.
    fn take_done(&mut self, ticket: Ticket) -> Option<Inbound> {
        if ticket.session != self.number {
            return None;
        }
        Some(self.in_work.remove(&ticket.tag)?.inbound)
    }

    fn settle(
        &mut self,
        inbound: Inbound,
        result: Result<Committed, Failure>,
    ) -> impl Future<Output = Settled> + use<> {
        self.settling += 1;
        settle::publish(
            Arc::clone(&self.publisher),
            Arc::clone(&self.service.dead_letters),
            inbound,
            result,
        )
    }

    fn settled(&mut self, settled: Settled) -> Result<(), BrokerError> {
        self.settling -= 1;
        let (tag, verdict, confirmed) = settled?;
        confirmed.ack(&self.inbox, tag)?;
        match verdict {
            Verdict::Succeeded(cases) => self.service.meter.ended(Ending::Succeeded(cases)),
            Verdict::Duplicate => self.service.meter.ended(Ending::Duplicate),
            Verdict::Failed(failure) => self.service.meter.ended(Ending::DeadLettered {
                kind: failure.kind(),
                reason: failure.message().to_owned(),
            }),
        }
        Ok(())
    }

    /// Messages whose function has run past its limit. Each worker is replaced, within reason.
    fn take_overdue(&mut self) -> Result<Vec<Inbound>, SessionError> {
        let limit = self.service.limit;
        let late = self
            .in_work
            .extract_if(.., |_, work| work.clock.overdue(limit));
        let late: Vec<_> = late.map(|(_, work)| work.inbound).collect();
        for _ in &late {
            let stuck = self.workers.replace_one()?;
            if stuck > MOST_OVERDUE_PER_REPLICA * i64::from(self.service.replicas) {
                return Err(SessionError::Stuck(stuck));
            }
        }
        Ok(late)
    }

    /// Takes no more messages, and gives back what no worker has begun.
    async fn stop_consuming(&mut self) -> Result<(), BrokerError> {
        self.service.meter.state(State::Draining);
        let untaken = timeout(CANCEL_TIMEOUT, self.inbox.cancel())
            .await
            .map_err(|_| BrokerError::Silent {
                asked: "stop delivering",
                limit: CANCEL_TIMEOUT,
            })??;
        let mut unstarted = 0;
        for ticket in self.workers.take_unstarted() {
            if ticket.session == self.number && self.in_work.remove(&ticket.tag).is_some() {
                self.inbox.give_back(ticket.tag)?;
                unstarted += 1;
            }
        }
        self.service.meter.given_back(unstarted);
        tracing::debug!(
            service = self.service.name,
            running = self.in_work.len(),
            given_back = untaken as u64 + unstarted,
            "draining"
        );
        Ok(())
    }

    /// What was settled last is settled before the connection closes.
    async fn flush(&self) {
        match timeout(FLUSH_TIMEOUT, self.inbox.flush()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::debug!(%error, "the connection broke at its end"),
            Err(_) => tracing::debug!("the broker did not answer at the end"),
        }
    }

    /// Gives back what still runs.
    fn interrupt(&self) -> Result<Drained, SessionError> {
        for tag in self.in_work.keys() {
            self.inbox.give_back(*tag)?;
        }
        Ok(Drained {
            interrupted: self.in_work.len() + self.settling,
        })
    }
}

/// An id is a u64 in decimal. Space around it is let pass, as the predecessor's services do.
fn decode(body: &[u8]) -> Option<u64> {
    std::str::from_utf8(body).ok()?.trim().parse().ok()
}

async fn passed(instant: Option<Instant>) {
    match instant {
        Some(instant) => sleep_until(instant).await,
        None => pending().await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_a_u64_in_decimal() {
        let check = |body: &[u8], expected| assert_eq!(decode(body), expected);
        check(b"42", Some(42));
        check(b" 42 \n", Some(42));
        // As the predecessor's services in Rust and Python read them.
        check(b"+42", Some(42));
        check(b"0042", Some(42));
        check(b"4 2", None);
        check(b"0x2a", None);
        check(b"18446744073709551615", Some(u64::MAX));
        check(b"18446744073709551616", None);
        check(b"-5", None);
        check(b"1.0", None);
        check(b"", None);
        check(b"abc", None);
        check(b"\xff", None);
    }
}

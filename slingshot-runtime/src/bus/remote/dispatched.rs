//! What was dispatched to this process's handlers: run until it has succeeded, or is a dead letter.

use std::{pin::pin, sync::Arc};

use slingshot_settings::Retry;
use tokio::{
    task::{JoinError, JoinSet},
    time::Instant,
};

use tracing::Instrument as _;

use super::super::{
    Bus, Hub,
    hub::Member,
    wire::{self, Arrived},
};
use super::calls::MOST_IN_HAND;
use crate::{
    amqp::{BrokerError, Connection, Inbound, Inbox},
    drain::{Drain, Phase},
    failure::{Failure, Kind},
    retry::History,
    settle::{self, Confirmed, Failures, Outlet, Received},
    trace::Operation,
};

/// One handler's dispatched calls on one connection.
pub(super) struct Dispatched {
    hub: Arc<Hub>,
    member: Arc<Member>,
    inbox: Inbox,
    outlet: Arc<Outlet>,
    failures: Arc<Failures>,
    running: JoinSet<Ended>,
}

type Ended = Result<(u64, Confirmed), BrokerError>;

impl Dispatched {
    pub(super) async fn open(
        connection: &Connection,
        hub: Arc<Hub>,
        member: Arc<Member>,
        outlet: Arc<Outlet>,
    ) -> Result<Self, BrokerError> {
        let handler = &member.handler;
        let queue = wire::dispatched(&handler.name);
        let failures = Failures::of(&handler.name, &queue, Retry::DEFAULT);
        let longest = handler.longest_line();
        connection.ensure_bounded(&queue, longest).await?;
        connection
            .ensure_queue(&failures.dead_letter_queue, None)
            .await?;
        let in_hand = handler.replicas.saturating_mul(2).min(MOST_IN_HAND);
        let in_hand = u16::try_from(in_hand).unwrap_or(u16::MAX);
        Ok(Self {
            inbox: Inbox::open(connection, &queue, in_hand).await?,
            hub,
            member,
            outlet,
            failures: Arc::new(failures),
            running: JoinSet::new(),
        })
    }

    /// Serves until the process drains, and then finishes what has begun: the rest goes back to the queue, for
    /// another process or the next one. Says how many calls were cut off, which will be made again.
    pub(super) async fn serve(mut self, mut drain: Drain) -> Result<usize, BrokerError> {
        let replicas = usize::try_from(self.member.handler.replicas).unwrap_or(usize::MAX);
        loop {
            tokio::select! {
                biased;
                () = drain.reached(Phase::Draining) => break,
                Some(ended) = self.running.join_next() => self.ended(ended)?,
                message = self.inbox.next(), if self.running.len() < replicas => {
                    self.begin(message?);
                }
            }
        }
        self.inbox.cancel().await?;
        let mut over = pin!(drain.over());
        while !self.running.is_empty() {
            tokio::select! {
                biased;
                Some(ended) = self.running.join_next() => self.ended(ended)?,
                () = &mut over => break,
            }
        }
        self.inbox.flush().await?;
        Ok(self.running.len())
    }

    fn begin(&mut self, inbound: Inbound) {
        let history = History::read(&inbound.own_headers());
        let mut message = Received { inbound, history };
        let (hub, member) = (Arc::clone(&self.hub), Arc::clone(&self.member));
        let (outlet, failures) = (Arc::clone(&self.outlet), Arc::clone(&self.failures));
        let log = message
            .inbound
            .trace()
            .log_span_of_call(&member.handler.name);
        let running = async move {
            let result = match suspicion(&message) {
                Some(redelivered) => {
                    message.history.redelivered = redelivered;
                    Err(Failure::crashed(redelivered))
                }
                None => run(&hub, &member, &message.inbound).await,
            };
            let settled = settle::settle_call(&outlet, &failures, &message, result);
            Ok((message.inbound.tag(), settled.await?))
        };
        self.running.spawn(running.instrument(log));
    }

    fn ended(&self, ended: Result<Ended, JoinError>) -> Result<(), BrokerError> {
        match ended {
            Ok(settled) => {
                let (tag, confirmed) = settled?;
                confirmed.ack(&self.inbox, tag)
            }
            // It comes again with the next connection.
            Err(error) => {
                tracing::error!(handler = &*self.member.handler.name, %error, "a dispatched call broke");
                Ok(())
            }
        }
    }
}

/// How often the message was delivered without an end: it may be what ends the processes that have it, so that it
/// waits before it is run again, and not for ever.
fn suspicion(message: &Received) -> Option<u32> {
    let before = message.history.redelivered;
    let counted = message.inbound.delivery_count().unwrap_or(1).max(1);
    let is_suspect = message.inbound.redelivered();
    is_suspect.then(|| before.saturating_add(counted))
}

async fn run(hub: &Arc<Hub>, member: &Member, message: &Inbound) -> Result<(), Failure> {
    let handler = &member.handler;
    let malformed = |reason| Failure::new(Kind::Undecodable, reason);
    let Arrived { payload, chain, .. } = Arrived::read(message).map_err(malformed)?;
    let source = chain.caller().into();
    let chain = chain.then(&handler.name, handler.replicas, false);
    let chain = chain.map_err(|error| Failure::new(Kind::Permanent, error))?;
    let mut span = hub
        .tracer()
        .call_in(message.trace(), &handler.name, Operation::Dispatch);
    let trace = span.context().unwrap_or(message.trace());
    let call = Bus::arrived(hub, chain, None, trace).begin(payload, source);
    let begun = Instant::now();
    let outcome = handler.attempt(call).await;
    let failed = outcome.as_ref().err().map(|failure| failure.kind().name());
    if let Some(kind) = failed {
        span.failed(kind);
    }
    member.ended(Operation::Dispatch, begun.elapsed(), failed);
    outcome.map(drop)
}

//! Calls that have come to this process, and whose callers wait.

use std::{pin::pin, sync::Arc};

use tokio::{
    task::{JoinError, JoinSet},
    time::Instant,
};

use tracing::Instrument as _;

use super::super::{
    Bus, Hub,
    wire::{self, Arrived, Known, LARGEST, Reply},
};
use crate::{
    amqp::{Answers, BrokerError, Connection, Inbound, Inbox},
    drain::{Drain, Phase},
    handler::{CallError, DEFAULT_TIMEOUT, Handler, Payload},
    trace::Operation,
};

/// The most calls of one handler that a process has in hand.
pub(super) const MOST_IN_HAND: u32 = 300;

/// One handler's calls on one connection.
pub(super) struct Calls {
    hub: Arc<Hub>,
    handler: Arc<Handler>,
    inbox: Inbox,
    answers: Arc<Answers>,
    running: JoinSet<Result<u64, BrokerError>>,
}

impl Calls {
    pub(super) async fn open(
        connection: &Connection,
        hub: Arc<Hub>,
        handler: Arc<Handler>,
        answers: Arc<Answers>,
    ) -> Result<Self, BrokerError> {
        let queue = wire::calls(&handler.name);
        let (in_hand, longest) = shares(handler.replicas, handler.longest_line());
        connection.ensure_calls(&queue, longest).await?;
        Ok(Self {
            inbox: Inbox::open(connection, &queue, in_hand).await?,
            hub,
            handler,
            answers,
            running: JoinSet::new(),
        })
    }

    /// Serves until the process drains, and then finishes what has begun. Says how many calls were cut off.
    pub(super) async fn serve(mut self, mut drain: Drain) -> Result<usize, BrokerError> {
        loop {
            tokio::select! {
                biased;
                () = drain.reached(Phase::Draining) => break,
                Some(ended) = self.running.join_next() => self.ended(ended)?,
                message = self.inbox.next() => self.begin(message?).await?,
            }
        }
        for message in self.inbox.stop().await? {
            self.settle(&message, Reply::GivenBack).await?;
        }
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

    async fn begin(&mut self, message: Inbound) -> Result<(), BrokerError> {
        let handler = || self.handler.name.as_ref().to_owned();
        if message.redelivered() {
            let lost = CallError::Lost { handler: handler() };
            return self.settle(&message, Reply::Ended(Err(lost))).await;
        }
        let arrived = match Arrived::read(&message) {
            Ok(arrived) => arrived,
            Err(reason) => {
                let error = CallError::Malformed {
                    handler: handler(),
                    message: reason,
                };
                return self.settle(&message, Reply::Ended(Err(error))).await;
            }
        };
        let (hub, handler) = (Arc::clone(&self.hub), Arc::clone(&self.handler));
        let answers = Arc::clone(&self.answers);
        self.running.spawn(async move {
            let known = Some(Known::of(&handler));
            if handler.timeout > DEFAULT_TIMEOUT {
                answers
                    .answer(&message, Reply::Taken.written(known))
                    .await?;
            }
            let log = message.trace().log_span_of_call(&handler.name);
            let answer = answered(&hub, &handler, arrived, &message);
            let answer = answer.instrument(log).await;
            let reply = Reply::Ended(answer).written(known);
            answers.answer(&message, reply).await?;
            Ok(message.tag())
        });
        Ok(())
    }

    /// Answers a call that is not run.
    async fn settle(&self, message: &Inbound, reply: Reply) -> Result<(), BrokerError> {
        let known = Some(Known::of(&self.handler));
        self.answers.answer(message, reply.written(known)).await?;
        self.inbox.ack(message.tag())
    }

    fn ended(&self, ended: Result<Result<u64, BrokerError>, JoinError>) -> Result<(), BrokerError> {
        match ended {
            Ok(tag) => self.inbox.ack(tag?),
            Err(error) => {
                tracing::error!(handler = &*self.handler.name, %error, "a call broke");
                Ok(())
            }
        }
    }
}

async fn answered(
    hub: &Arc<Hub>,
    handler: &Handler,
    arrived: Arrived,
    message: &Inbound,
) -> Result<Payload, CallError> {
    let Arrived {
        payload,
        chain,
        remaining,
    } = arrived;
    let source = chain.caller().into();
    let chain = chain.then(&handler.name, handler.replicas, true)?;
    let timeout = remaining.map_or(handler.timeout, |remaining| remaining.min(handler.timeout));
    let deadline = Instant::now() + timeout;
    let mut span = hub
        .tracer()
        .call_in(message.trace(), &handler.name, Operation::Publish);
    let trace = span.context().unwrap_or(message.trace());
    let call = Bus::arrived(hub, chain, Some(deadline), trace).begin(payload, source);
    let called = handler.call(call, deadline, timeout).await;
    let reply = called
        .inspect_err(|error| span.failed(error.kind()))?
        .payload;
    if reply.len() > LARGEST {
        return Err(CallError::Failed {
            handler: handler.name.as_ref().to_owned(),
            message: format!(
                "the reply has {} bytes, and the bus carries at most {LARGEST}",
                reply.len()
            ),
            status: None,
        });
    }
    Ok(reply)
}

/// How many calls a process has in hand, and how many wait at the broker for a process that has room. What waits is
/// divided so that processes share it; one more is taken so that somebody can refuse it.
fn shares(replicas: u32, longest_line: u32) -> (u16, u32) {
    let waiting = longest_line.min(replicas).saturating_add(1);
    let in_hand = replicas.saturating_add(waiting).min(MOST_IN_HAND);
    (
        u16::try_from(in_hand).unwrap_or(u16::MAX),
        longest_line.saturating_sub(waiting).max(1),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_is_divided_between_the_processes_and_the_broker() {
        assert_eq!(shares(1, 0), (2, 1));
        assert_eq!(shares(1, 1), (3, 1));
        assert_eq!(shares(1, 1_000), (3, 998));
        assert_eq!(shares(5, 1_000), (11, 994));
        assert_eq!(shares(u32::MAX, 1_000), (300, 1));
    }
}

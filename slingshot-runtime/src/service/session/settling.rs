//! Messages that have ended: what follows from them is published, and then they are acknowledged.

use std::sync::Arc;

use super::Session;
use crate::{
    amqp::BrokerError,
    failure::Failure,
    meter::Ending,
    settle::{self, Committed, Received, Settled},
};

impl Session<'_> {
    /// What follows from a message is published; the future is ready when the broker has it.
    pub(super) fn settle(
        &mut self,
        mut message: Received,
        result: Result<Committed, Failure>,
    ) -> impl Future<Output = Result<Settled, BrokerError>> + use<> {
        self.settling.insert(message.inbound.tag());
        let mut span = message.inbound.take_span();
        if let Err(failure) = &result {
            span.failed(failure.kind().name());
        }
        let settling = settle::publish(
            Arc::clone(&self.outlet),
            Arc::clone(&self.service.failures),
            message,
            result,
        );
        async move {
            let settled = settling.await;
            if let Ok(Settled { ending, .. }) = &settled {
                span.outcome(ending.outcome());
            }
            settled
        }
    }

    /// The broker has it, or the connection has broken.
    pub(super) fn settled(
        &mut self,
        settled: Result<Settled, BrokerError>,
    ) -> Result<(), BrokerError> {
        let Settled {
            tag,
            ending,
            confirmed,
        } = settled?;
        self.settling.remove(&tag);
        self.acks.owe(tag, confirmed);
        if let Ending::Retried { delay } = ending {
            // One that an error asked for is not known before.
            let queue = self.service.failures.retries.queue_of(delay);
            self.service.meter.tier(queue);
        }
        self.service.meter.ended(ending);
        Ok(())
    }

    /// Without another message, a replica may have to wait.
    pub(super) fn acknowledge_if_due(&mut self) -> Result<(), BrokerError> {
        let is_hungry = self.in_work.len() <= self.service.replicas as usize;
        if is_hungry || self.acks.are_many() {
            self.acknowledge()?;
        }
        Ok(())
    }

    /// Tells the broker of the messages that have ended.
    pub(super) fn acknowledge(&mut self) -> Result<(), BrokerError> {
        let in_work = self.in_work.keys().next();
        let others = [self.held.keys().next(), self.settling.first()];
        let first = others.into_iter().chain([in_work]).flatten().min();
        self.acks.send(&self.inbox, first.copied())
    }
}

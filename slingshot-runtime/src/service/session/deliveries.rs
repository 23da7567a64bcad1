//! Messages on their way to the workers, and back where they came from when they wait too long.

use std::{collections::BTreeMap, sync::Arc};

use tokio::time::Instant;

use super::{InWork, Outcome, Session, Waiting};
use crate::{
    Delivery,
    amqp::{BrokerError, Inbound},
    failure::{Failure, Kind},
    retry::{History, SUSPICIOUS_REDELIVERIES},
    settle::Received,
    workers::{Clock, Job, Ticket},
};

impl Session<'_> {
    /// Hands a message to the workers, holds it, or says why it cannot be worked on.
    pub(super) fn begin(&mut self, mut inbound: Inbound) -> Vec<Outcome> {
        self.service.meter.received(inbound.queued());
        let history = History::read(&inbound.own_headers());
        let (meter, name) = (&self.service.meter, &self.service.name);
        inbound.begin_work(meter.tracer(), name, &self.service.queue, history.attempt);
        let mut message = Received { inbound, history };
        let Some(request) = decode(message.inbound.body()) else {
            let text = message.inbound.excerpt();
            let reason = format!("the body is not an id, a u64 in decimal: {text:?}");
            return vec![(message, Err(Failure::new(Kind::Undecodable, reason)))];
        };
        if let Some(redelivered) = self.suspicion(&message) {
            message.history.redelivered = redelivered;
            return vec![(message, Err(Failure::crashed(redelivered)))];
        }
        let waiting = Waiting {
            request,
            message,
            delivered: Instant::now(),
            held_since: None,
        };
        if self.gate.is_open() {
            self.submit(waiting);
        } else {
            self.hold(waiting);
        }
        Vec::new()
    }

    /// How often the message was delivered without an end, if that is to be counted before it is delivered
    /// to the function.
    ///
    /// A process that lost its connection is not one that a message has ended: what comes back to it is not
    /// counted. A quorum queue counts for itself.
    ///
    /// A classic queue that was restarted marks all that it holds as redelivered. What a dead process had is at
    /// most a prefetch: of a longer run of marked messages the rest is taken for such a queue's, and goes to the
    /// function at once. If that ends this process, its successor meets the message among the first.
    fn suspicion(&mut self, message: &Received) -> Option<u32> {
        if !message.inbound.redelivered() {
            self.suspects = 0;
            return None;
        }
        if self.returning.take() {
            return None;
        }
        let before = message.history.redelivered;
        match message.inbound.delivery_count() {
            Some(count) => {
                let count = before.saturating_add(count);
                (count >= SUSPICIOUS_REDELIVERIES).then_some(count)
            }
            None if self.suspects >= self.service.prefetch => None,
            None => {
                self.suspects += 1;
                Some(before.saturating_add(1))
            }
        }
    }

    pub(super) fn submit(&mut self, waiting: Waiting) {
        let Received { inbound, history } = &waiting.message;
        let headers = if self.service.workshop.needs.headers {
            inbound.headers()
        } else {
            BTreeMap::new()
        };
        let clock = Arc::<Clock>::default();
        let tag = inbound.tag();
        let submitted = self.workers.submit(Job {
            ticket: Ticket {
                session: self.number,
                tag,
            },
            request: waiting.request,
            delivery: Delivery {
                message_id: inbound.message_id().map(str::to_owned),
                attempt: history.attempt,
                redelivered: inbound.redelivered() || history.redelivered > 0,
                headers,
            },
            trace: inbound.trace().clone(),
            clock: Arc::clone(&clock),
        });
        if submitted {
            self.in_work.insert(tag, InWork { waiting, clock });
            return;
        }
        let service = &self.service.name;
        tracing::warn!(
            service,
            "more messages than the prefetch: one goes back to its queue"
        );
        self.returning.and_one();
        // If it cannot, the connection has broken, and it comes again anyway.
        drop(self.give_back(&waiting));
    }

    /// Takes back from the workers what none of them has begun.
    pub(super) fn take_unstarted(&mut self) -> Vec<Waiting> {
        let unstarted = self.workers.take_unstarted();
        let ours = unstarted.filter(|ticket| ticket.session == self.number);
        ours.filter_map(|ticket| Some(self.in_work.remove(&ticket.tag)?.waiting))
            .collect()
    }

    /// A message that waits for longer behind others than the broker has patience for goes back to its
    /// queue, for whoever has a free worker.
    pub(super) fn give_back_unstarted(&mut self) -> Result<(), BrokerError> {
        let patience = self.patience.unstarted;
        let is_late = |waiting: &Waiting| waiting.delivered.elapsed() > patience;
        let any_late = self.in_work.values().any(|work| is_late(&work.waiting));
        if !any_late || !self.workers.has_unstarted() {
            return Ok(());
        }
        for waiting in self.take_unstarted() {
            if is_late(&waiting) {
                self.give_back(&waiting)?;
                self.returning.and_one();
            } else {
                self.submit(waiting);
            }
        }
        Ok(())
    }

    /// Gives a message back to its queue.
    pub(super) fn give_back(&self, waiting: &Waiting) -> Result<(), BrokerError> {
        self.service.meter.given_back(1);
        self.inbox.give_back(waiting.message.inbound.tag())
    }
}

/// An id is a u64 in decimal. Space around it is let pass, as the predecessor's services do.
pub(crate) fn decode(body: &[u8]) -> Option<u64> {
    std::str::from_utf8(body).ok()?.trim().parse().ok()
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

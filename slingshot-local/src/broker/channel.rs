//! A channel's state: what it was given and has not settled, its prefetch, and the confirms it is owed.

use std::{
    collections::{BTreeMap, VecDeque},
    ops::RangeInclusive,
    sync::Arc,
};

use amq_protocol::{
    protocol::basic::{self, AMQPMethod},
    types::ShortString,
};

use super::{
    output::Output,
    queue::{Entry, QueueId},
};

/// Ordered by connection, so that a connection's channels are one range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ChannelId {
    pub(super) connection: u64,
    pub(super) number: u16,
}

impl ChannelId {
    /// Every channel that a connection may have.
    pub(super) fn all_of(connection: u64) -> RangeInclusive<Self> {
        let numbered = |number| Self { connection, number };
        numbered(0)..=numbered(u16::MAX)
    }
}

#[derive(Debug)]
pub(super) struct Channel {
    pub(super) output: Arc<Output>,
    /// The client wants to hear of consumers that the broker cancels.
    pub(super) cancel_notify: bool,
    /// For consumers to come; 0 is no limit.
    pub(super) prefetch: u16,
    /// For all consumers together; 0 is no limit.
    pub(super) global_prefetch: u16,
    pub(super) unacknowledged: BTreeMap<u64, Delivered>,
    last_delivery: u64,
    pub(super) confirms: Option<Confirms>,
    /// Stands in for an empty queue name.
    pub(super) last_declared: Option<ShortString>,
    /// The queues of this channel's consumers, by consumer tag.
    pub(super) consuming: BTreeMap<ShortString, QueueId>,
}

/// A message that the client has and did not settle.
#[derive(Debug)]
pub(super) struct Delivered {
    pub(super) queue: QueueId,
    pub(super) entry: Entry,
    /// `None`: it was fetched by `basic.get`.
    pub(super) consumer: Option<ShortString>,
}

impl Channel {
    pub(super) fn new(output: Arc<Output>, cancel_notify: bool) -> Self {
        Self {
            output,
            cancel_notify,
            prefetch: 0,
            global_prefetch: 0,
            unacknowledged: BTreeMap::new(),
            last_delivery: 0,
            confirms: None,
            last_declared: None,
            consuming: BTreeMap::new(),
        }
    }

    pub(super) fn next_delivery_tag(&mut self) -> u64 {
        self.last_delivery += 1;
        self.last_delivery
    }

    /// Whether the channel as a whole takes another delivery.
    pub(super) fn has_room(&self) -> bool {
        let global = usize::from(self.global_prefetch);
        (global == 0 || self.unacknowledged.len() < global) && self.output.has_room_for_delivery()
    }

    /// Takes what a settlement names; `None` for a tag that is not open.
    pub(super) fn settle(&mut self, tag: u64, multiple: bool) -> Option<Vec<Delivered>> {
        if !multiple {
            return self
                .unacknowledged
                .remove(&tag)
                .map(|delivered| vec![delivered]);
        }
        if tag == 0 {
            return Some(
                std::mem::take(&mut self.unacknowledged)
                    .into_values()
                    .collect(),
            );
        }
        self.unacknowledged.contains_key(&tag).then_some(())?;
        let rest = self.unacknowledged.split_off(&(tag + 1));
        Some(
            std::mem::replace(&mut self.unacknowledged, rest)
                .into_values()
                .collect(),
        )
    }
}

/// The confirms that a publisher is owed, in the order of its publishing.
#[derive(Debug, Default)]
pub(super) struct Confirms {
    last: u64,
    owed: VecDeque<Owed>,
}

#[derive(Debug)]
struct Owed {
    tag: u64,
    accepted: bool,
    /// The batch that has to be written before; 0 when none.
    batch: u64,
}

impl Confirms {
    pub(super) fn owe(&mut self, accepted: bool, batch: u64) {
        self.last += 1;
        self.owed.push_back(Owed {
            tag: self.last,
            accepted,
            batch,
        });
    }

    pub(super) fn is_empty(&self) -> bool {
        self.owed.is_empty()
    }

    /// The confirms that may go now that all batches up to `written` are; one frame for each run
    /// of equal verdicts.
    pub(super) fn release(&mut self, written: u64) -> Vec<AMQPMethod> {
        let mut methods = Vec::new();
        let mut run: Option<(Owed, bool)> = None;
        while self.owed.front().is_some_and(|owed| owed.batch <= written)
            && let Some(owed) = self.owed.pop_front()
        {
            let multiple = match run.take() {
                Some((previous, multiple)) if previous.accepted != owed.accepted => {
                    methods.push(verdict(&previous, multiple));
                    false
                }
                Some(_) => true,
                None => false,
            };
            run = Some((owed, multiple));
        }
        methods.extend(run.map(|(last, multiple)| verdict(&last, multiple)));
        methods
    }
}

fn verdict(owed: &Owed, multiple: bool) -> AMQPMethod {
    let delivery_tag = owed.tag;
    if owed.accepted {
        AMQPMethod::Ack(basic::Ack {
            delivery_tag,
            multiple,
        })
    } else {
        AMQPMethod::Nack(basic::Nack {
            delivery_tag,
            multiple,
            requeue: false,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn confirms_go_in_order_and_together_once_their_batch_is_written() {
        let mut confirms = Confirms::default();
        for (accepted, batch) in [
            (true, 0),
            (true, 1),
            (true, 0),
            (false, 0),
            (true, 2),
            (true, 3),
        ] {
            confirms.owe(accepted, batch);
        }
        let mut show = |written| {
            let methods = confirms.release(written);
            methods
                .iter()
                .map(|method| match method {
                    AMQPMethod::Ack(a) => format!("ack {} {}", a.delivery_tag, a.multiple),
                    AMQPMethod::Nack(n) => format!("nack {} {}", n.delivery_tag, n.multiple),
                    other => format!("{other:?}"),
                })
                .collect::<Vec<_>>()
                .join(", ")
        };
        assert_eq!(show(0), "ack 1 false");
        assert_eq!(show(2), "ack 3 true, nack 4 false, ack 5 false");
        assert_eq!(show(2), "");
        assert_eq!(show(3), "ack 6 false");
    }
}

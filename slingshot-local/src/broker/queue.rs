//! A queue: what waits in it, who consumes from it, and when it or its head expires.

use std::{collections::VecDeque, sync::Arc};

use amq_protocol::types::{FieldTable, ShortString};
use tokio::time::Instant;

use super::{
    arguments::{Flags, Settings},
    channel::ChannelId,
    message::Message,
};

/// Never reused, so that a queue that is deleted and declared again is a different one.
pub(super) type QueueId = u64;
/// A message's place in the order of arrival, across all queues.
pub(super) type Position = u64;

#[derive(Debug)]
pub(super) struct Queue {
    pub(super) name: ShortString,
    pub(super) flags: Flags,
    pub(super) arguments: FieldTable,
    pub(super) settings: Settings,
    /// The connection that an exclusive queue belongs to and goes with.
    pub(super) owner: Option<u64>,
    pub(super) ready: VecDeque<Entry>,
    ready_bytes: usize,
    pub(super) unacknowledged: u64,
    pub(super) consumers: VecDeque<Consumer>,
    /// Since when nobody uses it; for `x-expires`.
    pub(super) idle_since: Instant,
    /// When the timer will look at this queue.
    pub(super) alarm: Option<Instant>,
}

/// A message in a queue.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) message: Arc<Message>,
    pub(super) position: Position,
    pub(super) expires: Option<Instant>,
    pub(super) redelivered: bool,
    /// It is in the store, from where it has to be removed.
    pub(super) stored: bool,
}

#[derive(Debug)]
pub(super) struct Consumer {
    pub(super) channel: ChannelId,
    pub(super) tag: ShortString,
    pub(super) no_ack: bool,
    pub(super) exclusive: bool,
    /// 0 is no limit.
    pub(super) prefetch: u16,
    pub(super) unacknowledged: u32,
}

impl Queue {
    pub(super) fn new(
        name: ShortString,
        flags: Flags,
        arguments: FieldTable,
        settings: Settings,
        owner: Option<u64>,
    ) -> Self {
        Self {
            name,
            flags,
            arguments,
            settings,
            owner,
            ready: VecDeque::new(),
            ready_bytes: 0,
            unacknowledged: 0,
            consumers: VecDeque::new(),
            idle_since: Instant::now(),
            alarm: None,
        }
    }

    /// Whether the queue outlives the process.
    pub(super) fn is_kept(&self) -> bool {
        self.flags.durable && self.owner.is_none()
    }

    pub(super) fn push(&mut self, entry: Entry) {
        self.ready_bytes += entry.message.body.len();
        self.ready.push_back(entry);
    }

    pub(super) fn pop(&mut self) -> Option<Entry> {
        let entry = self.ready.pop_front()?;
        self.ready_bytes -= entry.message.body.len();
        Some(entry)
    }

    /// Puts a message back where it came from.
    pub(super) fn put_back(&mut self, mut entry: Entry) {
        entry.redelivered = true;
        self.ready_bytes += entry.message.body.len();
        let at = self
            .ready
            .partition_point(|other| other.position < entry.position);
        self.ready.insert(at, entry);
    }

    /// Whether more is ready than the queue may hold.
    pub(super) fn is_over_limit(&self) -> bool {
        self.settings
            .max_length
            .is_some_and(|max| self.ready.len() > max)
            || self
                .settings
                .max_bytes
                .is_some_and(|max| self.ready_bytes > max)
    }

    /// Whether one more message would be too much.
    pub(super) fn is_full_for(&self, message: &Message) -> bool {
        self.settings
            .max_length
            .is_some_and(|max| self.ready.len() >= max)
            || self
                .settings
                .max_bytes
                .is_some_and(|max| self.ready_bytes + message.body.len() > max)
    }

    /// Takes the head when its time is over.
    pub(super) fn pop_expired(&mut self, now: Instant) -> Option<Entry> {
        let due = self.ready.front()?.expires.is_some_and(|at| at <= now);
        due.then(|| self.pop()).flatten()
    }

    /// Whether nobody used the queue for as long as `x-expires` says.
    pub(super) fn is_abandoned(&self, now: Instant) -> bool {
        self.lease_ends().is_some_and(|end| end <= now)
    }

    /// When something will have to happen by itself.
    pub(super) fn next_alarm(&self) -> Option<Instant> {
        let head = self.ready.front().and_then(|entry| entry.expires);
        head.into_iter().chain(self.lease_ends()).min()
    }

    fn lease_ends(&self) -> Option<Instant> {
        let lease = self
            .settings
            .expires
            .filter(|_| self.consumers.is_empty())?;
        Some(self.idle_since + lease)
    }

    pub(super) fn consumer_mut(
        &mut self,
        channel: ChannelId,
        tag: &ShortString,
    ) -> Option<&mut Consumer> {
        self.consumers
            .iter_mut()
            .find(|c| c.channel == channel && c.tag == *tag)
    }
}

//! The one owner of all that the broker knows; everything that changes it does so under one lock.
//!
//! Split by what is done to it: `declare` (queues), `bind` (exchanges), `publish` (into queues),
//! `deliver` (out of them). Here: who is connected, the timer, the snapshot.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use amq_protocol::types::ShortString;
use tokio::{sync::Notify, time::Instant};

use super::{
    QueueStatus,
    arguments::{Flags, Settings},
    channel::{Channel, ChannelId},
    dead_letter::Reason,
    error::{Refusal, StoreError},
    exchange::{Exchange, PREDECLARED},
    journal::Journal,
    message::Memory,
    output::Output,
    queue::{Entry, Position, Queue, QueueId},
    store::Contents,
};

#[derive(Debug)]
pub(super) struct State {
    pub(super) queues: BTreeMap<QueueId, Queue>,
    pub(super) queue_names: BTreeMap<ShortString, QueueId>,
    pub(super) exchanges: BTreeMap<ShortString, Exchange>,
    pub(super) connections: BTreeMap<u64, Arc<Output>>,
    pub(super) channels: BTreeMap<ChannelId, Channel>,
    /// Channels that are owed confirms.
    pub(super) unconfirmed: BTreeSet<ChannelId>,
    pub(super) journal: Journal,
    pub(super) memory: Arc<Memory>,
    /// Given up by their queue and on their way to its dead-letter exchange. Empty between
    /// requests; a queue of work rather than recursion, since one death can cause another.
    pub(super) dying: VecDeque<(QueueId, Entry, Reason)>,
    alarms: BTreeSet<(Instant, QueueId)>,
    alarm_moved: Arc<Notify>,
    next_queue: QueueId,
    next_position: Position,
    next_name: u64,
    /// The journal's writer ends once it has nothing to write.
    pub(super) stopping: bool,
    /// Set once a write failed: nothing can be promised any more.
    broken: Option<Refusal>,
}

impl State {
    pub(super) fn new(memory: Arc<Memory>) -> Self {
        let predeclared = PREDECLARED.map(|(name, kind)| (name.into(), Exchange::new(kind)));
        // Names that the server gives shall not repeat after a restart.
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or(Duration::ZERO);
        Self {
            queues: BTreeMap::new(),
            queue_names: BTreeMap::new(),
            exchanges: BTreeMap::from(predeclared),
            connections: BTreeMap::new(),
            channels: BTreeMap::new(),
            unconfirmed: BTreeSet::new(),
            journal: Journal::new(),
            memory,
            dying: VecDeque::new(),
            alarms: BTreeSet::new(),
            alarm_moved: Arc::default(),
            next_queue: 1,
            next_position: 1,
            next_name: u64::try_from(since.as_nanos()).unwrap_or_default(),
            stopping: false,
            broken: None,
        }
    }

    /// Puts back what a store held. Messages come back as redelivered, because nobody can tell
    /// which of them somebody had.
    pub(super) fn restore(&mut self, contents: Contents) {
        let flags = Flags {
            durable: true,
            auto_delete: false,
            exclusive: false,
        };
        for (id, record) in contents.queues {
            let flags = Flags {
                auto_delete: record.auto_delete,
                ..flags
            };
            let settings = Settings::read(record.name.as_str(), flags, &record.arguments);
            self.queue_names.insert(record.name.clone(), id);
            let settings = settings.unwrap_or_default();
            let queue = Queue::new(record.name, flags, record.arguments, settings, None);
            self.queues.insert(id, queue);
            self.next_queue = self.next_queue.max(id + 1);
        }
        self.exchanges.extend(contents.exchanges);
        let (now, wall) = (Instant::now(), wall_clock());
        for ((id, position), record) in contents.messages {
            self.next_position = self.next_position.max(position + 1);
            let Some(queue) = self.queues.get_mut(&id) else {
                continue;
            };
            let left = |at: u64| Duration::from_millis(at.saturating_sub(wall));
            queue.push(Entry {
                message: record.message,
                position,
                expires: record.expires.map(|at| now + left(at)),
                redelivered: true,
                stored: true,
            });
        }
        let ids: Vec<_> = self.queues.keys().copied().collect();
        for id in ids {
            self.reschedule(id);
        }
    }

    pub(super) fn next_queue(&mut self) -> QueueId {
        self.next_queue += 1;
        self.next_queue - 1
    }

    pub(super) fn next_position(&mut self) -> Position {
        self.next_position += 1;
        self.next_position - 1
    }

    /// A name nobody chose: `prefix` and a number.
    pub(super) fn unique_name(&mut self, prefix: &str) -> ShortString {
        self.next_name += 1;
        ShortString::from(format!("{prefix}{:x}", self.next_name))
    }

    /// Admits a connection.
    ///
    /// # Errors
    /// The broker has lost its store.
    pub(super) fn connect(&mut self, connection: u64, output: Arc<Output>) -> Result<(), Refusal> {
        self.connections.insert(connection, output);
        self.broken.clone().map_or(Ok(()), Err)
    }

    /// Everything that was the connection's: messages go back, exclusive queues go.
    pub(super) fn disconnect(&mut self, connection: u64) {
        self.connections.remove(&connection);
        let range = ChannelId {
            connection,
            number: 0,
        }..=ChannelId {
            connection,
            number: u16::MAX,
        };
        let channels: Vec<_> = self.channels.range(range).map(|(id, _)| *id).collect();
        for channel in channels {
            self.close_channel(channel);
        }
        let owned = |queue: &Queue| queue.owner == Some(connection);
        let own: Vec<_> = self
            .queues
            .iter()
            .filter(|(_, q)| owned(q))
            .map(|(id, _)| *id)
            .collect();
        for id in own {
            self.delete_queue(id);
        }
        self.bury_the_dying();
    }

    /// Whether the connection takes messages out, so that making it wait could wait for itself.
    pub(super) fn consumes(&self, connection: u64) -> bool {
        self.channels
            .range(ChannelId::all_of(connection))
            .any(|(_, channel)| !channel.consuming.is_empty() || !channel.unacknowledged.is_empty())
    }

    /// Sends the confirms that may go: on every channel, or on those of one connection.
    pub(super) fn release_confirms(&mut self, of: Option<u64>) {
        let written = self.journal.written();
        let concerned: Vec<_> = match of {
            None => self.unconfirmed.iter().copied().collect(),
            Some(connection) => self
                .unconfirmed
                .range(ChannelId::all_of(connection))
                .copied()
                .collect(),
        };
        for id in concerned {
            let Some(channel) = self.channels.get_mut(&id) else {
                continue;
            };
            let Some(confirms) = channel.confirms.as_mut() else {
                continue;
            };
            for method in confirms.release(written) {
                channel.output.basic(id.number, method);
            }
            if confirms.is_empty() {
                self.unconfirmed.remove(&id);
            }
        }
    }

    /// A write failed: nothing that was not confirmed will be, and every client hears why.
    pub(super) fn break_down(&mut self, error: &StoreError) {
        let refusal =
            Refusal::internal_error(format!("the broker cannot write its state: {error}"));
        self.close_all(&refusal);
        self.broken = Some(refusal);
    }

    pub(super) fn close_all(&mut self, refusal: &Refusal) {
        let connections: Vec<_> = self
            .connections
            .iter()
            .map(|(id, output)| (*id, Arc::clone(output)))
            .collect();
        for (connection, output) in connections {
            self.disconnect(connection);
            output.close(0, refusal, (0, 0));
            output.finish();
        }
    }

    /// One consistent picture of all queues, by name.
    pub(super) fn statuses(&self) -> Vec<QueueStatus> {
        let queues = self
            .queue_names
            .values()
            .filter_map(|id| self.queues.get(id));
        queues
            .map(|queue| QueueStatus {
                name: queue.name.to_string(),
                durable: queue.flags.durable,
                ready: queue.ready.len() as u64,
                unacknowledged: queue.unacknowledged,
                consumers: u32::try_from(queue.consumers.len()).unwrap_or(u32::MAX),
            })
            .collect()
    }

    /// Sets the queue's alarm to what its head and its lease now ask for.
    pub(super) fn reschedule(&mut self, id: QueueId) {
        let Some(queue) = self.queues.get_mut(&id) else {
            return;
        };
        let next = queue.next_alarm();
        if next == queue.alarm {
            return;
        }
        if let Some(old) = std::mem::replace(&mut queue.alarm, next) {
            self.alarms.remove(&(old, id));
        }
        if let Some(next) = next {
            self.alarms.insert((next, id));
            if self.alarms.first() == Some(&(next, id)) {
                self.alarm_moved.notify_one();
            }
        }
    }

    pub(super) fn forget_alarm(&mut self, id: QueueId, alarm: Option<Instant>) {
        if let Some(alarm) = alarm {
            self.alarms.remove(&(alarm, id));
        }
    }

    pub(super) fn first_alarm(&self) -> Option<Instant> {
        self.alarms.first().map(|(at, _)| *at)
    }

    pub(super) fn alarm_moved(&self) -> Arc<Notify> {
        Arc::clone(&self.alarm_moved)
    }

    /// Expires all that is due.
    pub(super) fn ring(&mut self, now: Instant) {
        while let Some((at, id)) = self.alarms.first().copied()
            && at <= now
        {
            self.alarms.pop_first();
            let Some(queue) = self.queues.get_mut(&id) else {
                continue;
            };
            queue.alarm = None;
            if queue.is_abandoned(now) {
                self.delete_queue(id);
            } else {
                self.expire(id, now);
                self.reschedule(id);
            }
        }
        self.bury_the_dying();
    }
}

/// Milliseconds since the Unix epoch.
pub(super) fn wall_clock() -> u64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or(Duration::ZERO);
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

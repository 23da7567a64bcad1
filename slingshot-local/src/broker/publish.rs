//! Into queues: routing, limits, dead letters.

use std::{collections::BTreeSet, sync::Arc};

use amq_protocol::{
    protocol::basic::{self, AMQPMethod},
    types::{FieldTable, ShortString},
};
use tokio::time::Instant;

use super::{
    arguments::Overflow,
    channel::ChannelId,
    dead_letter::{self, Reason},
    error::{Refusal, Served},
    exchange::{Destination, Kind},
    message::Message,
    queue::{Entry, QueueId},
    state::{State, wall_clock},
    store::MessageRecord,
};

const NO_ROUTE: u16 = 312;

/// What became of a message at one queue.
enum Arrival {
    Refused,
    /// In the queue; the number is of the batch that stores it, 0 for none.
    Accepted(u64),
}

/// Whether a queue that refuses what it has no room for may do so.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Room {
    AsSet,
    Always,
}

impl State {
    /// Serves `basic.publish`, once its content is complete.
    pub(super) fn publish(
        &mut self,
        from: ChannelId,
        message: Message,
        mandatory: bool,
    ) -> Served<()> {
        if self.memory.is_exhausted() {
            return Err(Refusal::resource_error(
                "the broker's memory for messages is exhausted",
            ));
        }
        let message = Arc::new(message);
        let queues = self.route(&message)?;
        let Some(channel) = self.channels.get(&from) else {
            return Ok(());
        };
        if queues.is_empty() && mandatory {
            let returned = basic::Return {
                reply_code: NO_ROUTE,
                reply_text: "NO_ROUTE".into(),
                exchange: message.exchange.clone(),
                routing_key: message.routing_key.clone(),
            };
            channel
                .output
                .content(from.number, AMQPMethod::Return(returned), &message);
        }
        let (mut accepted, mut batch) = (true, 0);
        for queue in queues {
            match self.enqueue(queue, Arc::clone(&message), Room::AsSet) {
                Arrival::Refused => accepted = false,
                Arrival::Accepted(stored) => batch = batch.max(stored),
            }
        }
        self.bury_the_dying();
        if let Some(confirms) = self
            .channels
            .get_mut(&from)
            .and_then(|c| c.confirms.as_mut())
        {
            confirms.owe(accepted, batch);
            self.unconfirmed.insert(from);
        }
        Ok(())
    }

    /// The queues that a message goes to, each once.
    fn route(&self, message: &Message) -> Served<BTreeSet<QueueId>> {
        let exchange = &message.exchange;
        if exchange.as_str().is_empty() {
            let queue = self.queue_names.get(message.routing_key.as_str());
            return Ok(queue.copied().into_iter().collect());
        }
        if !self.exchanges.contains_key(exchange.as_str()) {
            return Err(Refusal::no_exchange(exchange.as_str()));
        }
        let mut headers: Option<FieldTable> = None;
        let mut queues = BTreeSet::new();
        let mut seen: BTreeSet<ShortString> = BTreeSet::from([exchange.clone()]);
        let mut open = vec![exchange.clone()];
        while let Some(name) = open.pop() {
            let Some(exchange) = self.exchanges.get(name.as_str()) else {
                continue;
            };
            if exchange.kind == Kind::Headers {
                headers.get_or_insert_with(|| message.headers());
            }
            let none = FieldTable::default();
            let mut matched = false;
            let key = message.routing_key.as_str();
            for to in exchange.destinations(key, headers.as_ref().unwrap_or(&none)) {
                matched = true;
                match to {
                    Destination::Queue(id) => drop(queues.insert(*id)),
                    Destination::Exchange(to) if seen.insert(to.clone()) => open.push(to.clone()),
                    Destination::Exchange(_) => {}
                }
            }
            let alternate = exchange.alternate().filter(|_| !matched);
            if let Some(alternate) = alternate
                && let Some(name) = str::from_utf8(alternate)
                    .ok()
                    .and_then(|n| ShortString::try_new(n).ok())
                && seen.insert(name.clone())
            {
                open.push(name);
            }
        }
        Ok(queues)
    }

    fn enqueue(&mut self, id: QueueId, message: Arc<Message>, room: Room) -> Arrival {
        let position = self.next_position();
        let Some(queue) = self.queues.get_mut(&id) else {
            return Arrival::Accepted(0);
        };
        let overflow = queue.settings.overflow;
        let refuses = overflow != Overflow::DropHead && room == Room::AsSet;
        if refuses && queue.is_full_for(&message) {
            if overflow == Overflow::RejectPublishDeadLetter {
                let (expires, redelivered, stored) = (None, false, false);
                let entry = Entry {
                    message,
                    position,
                    expires,
                    redelivered,
                    stored,
                };
                self.dying.push_back((id, entry, Reason::MaxLength));
            }
            return Arrival::Refused;
        }
        let ttl = message
            .ttl
            .into_iter()
            .chain(queue.settings.message_ttl)
            .min();
        let stored = message.persistent && queue.is_kept();
        let mut batch = 0;
        if stored {
            let expires = ttl.map(|ttl| {
                wall_clock().saturating_add(u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX))
            });
            let record = MessageRecord {
                message: Arc::clone(&message),
                expires,
            };
            batch = self
                .journal
                .record(|batch| batch.put_message(id, position, record));
        }
        let expires = ttl.map(|ttl| Instant::now() + ttl);
        queue.push(Entry {
            message,
            position,
            expires,
            redelivered: false,
            stored,
        });
        self.deliver(id);
        self.drop_head(id);
        Arrival::Accepted(batch)
    }

    /// Holds a queue to its limits, unless it refuses what is beyond them.
    fn drop_head(&mut self, id: QueueId) {
        while let Some(queue) = self.queues.get_mut(&id)
            && queue.settings.overflow == Overflow::DropHead
            && queue.is_over_limit()
            && let Some(entry) = queue.pop()
        {
            self.dying.push_back((id, entry, Reason::MaxLength));
        }
    }

    /// Gives up what is past its time at the head of a queue.
    pub(super) fn expire(&mut self, id: QueueId, now: Instant) {
        while let Some(queue) = self.queues.get_mut(&id)
            && let Some(entry) = queue.pop_expired(now)
        {
            self.dying.push_back((id, entry, Reason::Expired));
        }
    }

    /// Takes what queues gave up to their dead-letter exchanges. Removal and arrival are recorded
    /// in one batch, so that no crash can come between.
    pub(super) fn bury_the_dying(&mut self) {
        while let Some((id, entry, reason)) = self.dying.pop_front() {
            self.dead_letter(id, &entry, reason);
            self.forget(id, &entry);
            self.reschedule(id);
        }
    }

    fn dead_letter(&mut self, id: QueueId, entry: &Entry, reason: Reason) {
        let Some(queue) = self.queues.get(&id) else {
            return;
        };
        let Some(target) = &queue.settings.dead_letter else {
            return;
        };
        // RabbitMQ keeps such a message until its target has room. Here it goes there at once.
        let room = if target.at_least_once {
            Room::Always
        } else {
            Room::AsSet
        };
        let name = queue.name.clone();
        let memory = Arc::clone(&self.memory);
        let dead = dead_letter::dead_letter(&entry.message, &name, reason, target, &memory);
        let Ok(dead) = dead.inspect_err(|refusal| {
            tracing::warn!(
                queue = name.as_str(),
                reason = refusal.text,
                "dead letter dropped"
            );
        }) else {
            return;
        };
        let dead = Arc::new(dead);
        for to in self.route(&dead).unwrap_or_default() {
            let Some(queue) = self.queues.get(&to) else {
                continue;
            };
            if reason != Reason::Rejected && dead_letter::is_cycle(&dead, &queue.name) {
                continue;
            }
            self.enqueue(to, Arc::clone(&dead), room);
        }
    }

    /// Removes a message from the store.
    pub(super) fn forget(&mut self, queue: QueueId, entry: &Entry) {
        // A deleted queue's messages went with it.
        if entry.stored && self.queues.contains_key(&queue) {
            self.journal
                .record_idly(|batch| batch.remove_message(queue, entry.position));
        }
    }
}

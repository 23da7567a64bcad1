//! Queues: declared, checked against what is there, emptied, deleted.

use amq_protocol::{
    protocol::{
        basic::{self, AMQPMethod},
        queue,
    },
    types::{FieldTable, ShortString},
};
use tokio::time::Instant;

use super::{
    arguments::{self, Flags, Settings},
    channel::ChannelId,
    error::{Refusal, Served},
    exchange::Destination,
    queue::{Queue, QueueId},
    state::State,
    store::QueueRecord,
};

/// The pseudo queue of direct reply-to.
pub(super) const REPLY_TO: &str = "amq.rabbitmq.reply-to";
/// What the names begin with that only the server gives.
pub(super) const RESERVED: &str = "amq.";

/// What a declaration answers.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Declared {
    pub(super) name: ShortString,
    pub(super) ready: u32,
    pub(super) consumers: u32,
}

impl State {
    pub(super) fn declare_queue(
        &mut self,
        channel: ChannelId,
        declare: queue::Declare,
    ) -> Served<Declared> {
        if declare.queue.as_str() == REPLY_TO {
            return Ok(Declared {
                name: declare.queue,
                ready: 0,
                consumers: 0,
            });
        }
        let name = match declare.queue.as_str() {
            "" if declare.passive => self.last_declared(channel)?,
            "" => self.unique_name("amq.gen-"),
            _ => declare.queue.clone(),
        };
        let flags = Flags {
            durable: declare.durable,
            auto_delete: declare.auto_delete,
            exclusive: declare.exclusive,
        };
        if let Some(id) = self.queue_names.get(name.as_str()).copied() {
            self.check_access(channel, id)?;
            if !declare.passive
                && let Some(queue) = self.queues.get(&id)
            {
                if flags.exclusive != queue.flags.exclusive {
                    return Err(Refusal::locked(name.as_str()));
                }
                let current = (queue.flags, &queue.arguments);
                arguments::must_equal(name.as_str(), current, (flags, &declare.arguments))?;
            }
        } else if declare.passive {
            return Err(Refusal::no_queue(name.as_str()));
        } else if declare.queue.as_str().starts_with(RESERVED) {
            let text = format!("queue name '{name}' contains reserved prefix 'amq.*'");
            return Err(Refusal::access_refused(text));
        } else {
            self.create_queue(channel, &name, flags, declare.arguments)?;
        }
        if let Some(channel) = self.channels.get_mut(&channel) {
            channel.last_declared = Some(name.clone());
        }
        let id = self
            .queue_names
            .get(name.as_str())
            .copied()
            .unwrap_or_default();
        self.touch(id);
        let queue = self.queues.get(&id);
        let count = |of: fn(&Queue) -> usize| {
            queue.map_or(0, |queue| u32::try_from(of(queue)).unwrap_or(u32::MAX))
        };
        let (ready, consumers) = (count(|q| q.ready.len()), count(|q| q.consumers.len()));
        Ok(Declared {
            name,
            ready,
            consumers,
        })
    }

    fn create_queue(
        &mut self,
        channel: ChannelId,
        name: &ShortString,
        flags: Flags,
        arguments: FieldTable,
    ) -> Served<()> {
        let settings = Settings::read(name.as_str(), flags, &arguments)?;
        let id = self.next_queue();
        let owner = flags.exclusive.then_some(channel.connection);
        let queue = Queue::new(name.clone(), flags, arguments, settings, owner);
        if queue.is_kept() {
            let record = QueueRecord {
                name: name.clone(),
                auto_delete: flags.auto_delete,
                arguments: queue.arguments.clone(),
            };
            self.journal.record(|batch| batch.put_queue(id, record));
        }
        self.queues.insert(id, queue);
        self.queue_names.insert(name.clone(), id);
        self.reschedule(id);
        Ok(())
    }

    /// The queue that a request names, if the connection may use it.
    pub(super) fn accessible(&self, channel: ChannelId, name: &ShortString) -> Served<QueueId> {
        let last;
        let name = match name.as_str() {
            "" => {
                last = self.last_declared(channel)?;
                last.as_str()
            }
            name => name,
        };
        let id = self
            .queue_names
            .get(name)
            .copied()
            .ok_or_else(|| Refusal::no_queue(name))?;
        self.check_access(channel, id).map(|()| id)
    }

    fn check_access(&self, channel: ChannelId, id: QueueId) -> Served<()> {
        let queue = self.queues.get(&id);
        match queue.filter(|q| q.owner.is_some_and(|owner| owner != channel.connection)) {
            Some(locked) => Err(Refusal::locked(locked.name.as_str())),
            None => Ok(()),
        }
    }

    fn last_declared(&self, channel: ChannelId) -> Served<ShortString> {
        let channel = self.channels.get(&channel);
        channel
            .and_then(|channel| channel.last_declared.clone())
            .ok_or_else(|| Refusal::not_found("no previously declared queue"))
    }

    fn touch(&mut self, id: QueueId) {
        if let Some(queue) = self.queues.get_mut(&id) {
            queue.idle_since = Instant::now();
            self.reschedule(id);
        }
    }

    /// Serves `queue.purge`. Returns how many messages went.
    pub(super) fn purge(&mut self, channel: ChannelId, name: &ShortString) -> Served<u32> {
        let id = self.accessible(channel, name)?;
        let mut purged = 0;
        while let Some(entry) = self.queues.get_mut(&id).and_then(Queue::pop) {
            self.forget(id, &entry);
            purged += 1;
        }
        self.touch(id);
        Ok(purged)
    }

    /// Serves `queue.delete`. Returns how many messages went with it; none when there was no queue.
    pub(super) fn delete_queue_if(
        &mut self,
        channel: ChannelId,
        delete: &queue::Delete,
    ) -> Served<u32> {
        let id = match self.accessible(channel, &delete.queue) {
            Ok(id) => id,
            Err(refusal) if refusal.code == 404 => return Ok(0),
            Err(refusal) => return Err(refusal),
        };
        let Some(queue) = self.queues.get(&id) else {
            return Ok(0);
        };
        let refused = match () {
            () if delete.if_unused && !queue.consumers.is_empty() => "in use",
            () if delete.if_empty && !queue.ready.is_empty() => "not empty",
            () => return Ok(self.delete_queue(id)),
        };
        let text = format!("queue '{}' in vhost '/' {refused}", queue.name);
        Err(Refusal::precondition_failed(text))
    }

    /// Deletes a queue, its bindings and its messages, and tells its consumers.
    pub(super) fn delete_queue(&mut self, id: QueueId) -> u32 {
        let Some(queue) = self.queues.remove(&id) else {
            return 0;
        };
        self.queue_names.remove(queue.name.as_str());
        self.forget_alarm(id, queue.alarm);
        if queue.is_kept() {
            self.journal.record(|batch| batch.remove_queue(id));
        }
        for consumer in queue.consumers {
            let Some(channel) = self.channels.get_mut(&consumer.channel) else {
                continue;
            };
            channel.consuming.remove(&consumer.tag);
            if channel.cancel_notify {
                let cancel = basic::Cancel {
                    consumer_tag: consumer.tag,
                    nowait: true,
                };
                channel
                    .output
                    .basic(consumer.channel.number, AMQPMethod::Cancel(cancel));
            }
        }
        self.remove_bindings(|binding| binding.destination == Destination::Queue(id));
        u32::try_from(queue.ready.len()).unwrap_or(u32::MAX)
    }

    /// The private queue behind direct reply-to on a channel, made by its first consumer.
    pub(super) fn reply_queue(&mut self, channel: ChannelId) -> Served<ShortString> {
        let name = self.unique_name(&format!("{REPLY_TO}."));
        let flags = Flags {
            durable: false,
            auto_delete: true,
            exclusive: false,
        };
        self.create_queue(channel, &name, flags, FieldTable::default())?;
        Ok(name)
    }

    /// Where replies to a message that was published on this channel go.
    pub(super) fn reply_address(&self, channel: ChannelId) -> Served<ShortString> {
        let consuming = self
            .channels
            .get(&channel)
            .map(|channel| &channel.consuming);
        let queues = consuming
            .into_iter()
            .flat_map(|consuming| consuming.values());
        queues
            .filter_map(|id| self.queues.get(id))
            .map(|queue| &queue.name)
            .find(|name| name.as_str().starts_with(REPLY_TO))
            .cloned()
            .ok_or_else(|| Refusal::precondition_failed("fast reply consumer does not exist"))
    }
}

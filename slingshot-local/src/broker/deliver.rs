//! Out of queues: consumers, fetching, and what clients say about what they got.

use amq_protocol::{
    protocol::basic::{self, AMQPMethod},
    types::ShortString,
};
use tokio::time::Instant;

use super::{
    channel::{ChannelId, Delivered},
    dead_letter::Reason,
    error::{Refusal, Served},
    queue::{Consumer, QueueId},
    state::State,
};

/// What a client says about a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Settlement {
    Acknowledge,
    Requeue,
    Reject,
}

impl State {
    /// Hands ready messages to the queue's consumers in turn, as long as they take them.
    pub(super) fn deliver(&mut self, id: QueueId) {
        let Some(queue) = self.queues.get_mut(&id) else {
            return;
        };
        let single = queue.settings.single_active_consumer;
        let mut declined = 0;
        let mut consumed = Vec::new();
        while !queue.ready.is_empty() && declined < queue.consumers.len() {
            let Some(consumer) = queue.consumers.front_mut() else {
                break;
            };
            let room = consumer.no_ack
                || consumer.prefetch == 0
                || consumer.unacknowledged < u32::from(consumer.prefetch);
            let channel = self
                .channels
                .get_mut(&consumer.channel)
                .filter(|c| room && c.has_room());
            if let Some(channel) = channel {
                let (no_ack, number) = (consumer.no_ack, consumer.channel.number);
                let consumer_tag = consumer.tag.clone();
                consumer.unacknowledged += u32::from(!no_ack);
                let Some(entry) = queue.pop() else { break };
                let delivery_tag = channel.next_delivery_tag();
                let deliver = basic::Deliver {
                    consumer_tag: consumer_tag.clone(),
                    delivery_tag,
                    redelivered: entry.redelivered,
                    exchange: entry.message.exchange.clone(),
                    routing_key: entry.message.routing_key.clone(),
                };
                channel
                    .output
                    .content(number, AMQPMethod::Deliver(deliver), &entry.message);
                if no_ack {
                    consumed.push(entry);
                } else {
                    queue.unacknowledged += 1;
                    let delivered = Delivered {
                        queue: id,
                        entry,
                        consumer: Some(consumer_tag),
                    };
                    channel.unacknowledged.insert(delivery_tag, delivered);
                }
                declined = 0;
            } else {
                declined += 1;
            }
            if single {
                if declined > 0 {
                    break;
                }
            } else {
                queue.consumers.rotate_left(1);
            }
        }
        for entry in consumed {
            self.forget(id, &entry);
        }
        self.reschedule(id);
    }

    /// After room was made: expires what is due before it hands out the rest.
    pub(super) fn resume(&mut self, id: QueueId) {
        self.expire(id, Instant::now());
        self.deliver(id);
    }

    /// After the connection's output has room again.
    pub(super) fn resume_connection(&mut self, connection: u64) {
        let queues: Vec<_> = self
            .channels
            .range(ChannelId::all_of(connection))
            .flat_map(|(_, channel)| channel.consuming.values().copied())
            .collect();
        for id in queues {
            self.resume(id);
        }
        self.bury_the_dying();
    }

    /// Serves `basic.consume`; the caller answers it, then lets the queue [`Self::deliver`].
    pub(super) fn subscribe(
        &mut self,
        channel: ChannelId,
        consume: basic::Consume,
    ) -> Served<(ShortString, QueueId)> {
        let id = self.accessible(channel, &consume.queue)?;
        let tag = match consume.consumer_tag.as_str() {
            "" => self.unique_name("amq.ctag-"),
            _ => consume.consumer_tag,
        };
        let Some(queue) = self.queues.get_mut(&id) else {
            return Err(Refusal::no_queue(consume.queue.as_str()));
        };
        let exclusive = queue.consumers.iter().any(|consumer| consumer.exclusive);
        if exclusive || (consume.exclusive && !queue.consumers.is_empty()) {
            let text = format!("queue '{}' in vhost '/' in exclusive use", queue.name);
            return Err(Refusal::access_refused(text));
        }
        let Some(state) = self.channels.get_mut(&channel) else {
            return Err(Refusal::channel_error("expected 'channel.open'"));
        };
        if state.consuming.contains_key(&tag) {
            let text = format!("attempt to reuse consumer tag '{tag}'");
            return Err(Refusal::not_allowed(text));
        }
        state.consuming.insert(tag.clone(), id);
        queue.consumers.push_back(Consumer {
            channel,
            tag: tag.clone(),
            no_ack: consume.no_ack,
            exclusive: consume.exclusive,
            prefetch: state.prefetch,
            unacknowledged: 0,
        });
        self.reschedule(id);
        Ok((tag, id))
    }

    /// Serves `basic.cancel`; what the consumer has stays its channel's.
    pub(super) fn cancel(&mut self, channel: ChannelId, tag: &ShortString) {
        let Some(state) = self.channels.get_mut(&channel) else {
            return;
        };
        let Some(id) = state.consuming.remove(tag) else {
            return;
        };
        let Some(queue) = self.queues.get_mut(&id) else {
            return;
        };
        queue
            .consumers
            .retain(|consumer| consumer.channel != channel || consumer.tag != *tag);
        queue.idle_since = Instant::now();
        if queue.flags.auto_delete && queue.consumers.is_empty() {
            self.delete_queue(id);
        } else {
            // With one consumer less, the turn may come to another.
            self.resume(id);
        }
        self.bury_the_dying();
    }

    /// Serves `basic.get`.
    pub(super) fn get(&mut self, channel: ChannelId, get: &basic::Get) -> Served<()> {
        let id = self.accessible(channel, &get.queue)?;
        self.expire(id, Instant::now());
        self.bury_the_dying();
        let Some(queue) = self.queues.get_mut(&id) else {
            return Ok(());
        };
        let Some(state) = self.channels.get_mut(&channel) else {
            return Ok(());
        };
        queue.idle_since = Instant::now();
        let Some(entry) = queue.pop() else {
            state
                .output
                .basic(channel.number, AMQPMethod::GetEmpty(basic::GetEmpty {}));
            return Ok(());
        };
        let delivery_tag = state.next_delivery_tag();
        let got = basic::GetOk {
            delivery_tag,
            redelivered: entry.redelivered,
            exchange: entry.message.exchange.clone(),
            routing_key: entry.message.routing_key.clone(),
            message_count: u32::try_from(queue.ready.len()).unwrap_or(u32::MAX),
        };
        state
            .output
            .content(channel.number, AMQPMethod::GetOk(got), &entry.message);
        if get.no_ack {
            self.forget(id, &entry);
        } else {
            queue.unacknowledged += 1;
            let delivered = Delivered {
                queue: id,
                entry,
                consumer: None,
            };
            state.unacknowledged.insert(delivery_tag, delivered);
        }
        self.reschedule(id);
        Ok(())
    }

    /// Serves `basic.ack`, `basic.nack`, `basic.reject` and, for all at once, `basic.recover`.
    pub(super) fn settle(
        &mut self,
        channel: ChannelId,
        tag: u64,
        multiple: bool,
        settlement: Settlement,
    ) -> Served<()> {
        let Some(state) = self.channels.get_mut(&channel) else {
            return Ok(());
        };
        let settled = state
            .settle(tag, multiple)
            .ok_or_else(|| Refusal::unknown_tag(tag))?;
        let global = state.global_prefetch > 0;
        let mut touched: Vec<QueueId> = Vec::new();
        if global {
            touched.extend(state.consuming.values());
        }
        for delivered in settled {
            if !touched.contains(&delivered.queue) {
                touched.push(delivered.queue);
            }
            self.settle_one(channel, delivered, settlement);
        }
        self.bury_the_dying();
        for id in touched {
            self.resume(id);
        }
        self.bury_the_dying();
        Ok(())
    }

    fn settle_one(&mut self, channel: ChannelId, delivered: Delivered, settlement: Settlement) {
        let Delivered {
            queue: id,
            entry,
            consumer,
        } = delivered;
        let Some(queue) = self.queues.get_mut(&id) else {
            return;
        };
        queue.unacknowledged = queue.unacknowledged.saturating_sub(1);
        if let Some(consumer) = consumer.and_then(|tag| queue.consumer_mut(channel, &tag)) {
            consumer.unacknowledged = consumer.unacknowledged.saturating_sub(1);
        }
        match settlement {
            Settlement::Acknowledge => self.forget(id, &entry),
            Settlement::Requeue => queue.put_back(entry),
            Settlement::Reject => self.dying.push_back((id, entry, Reason::Rejected)),
        }
    }

    /// Ends a channel: its consumers go and its messages return to their places.
    pub(super) fn close_channel(&mut self, id: ChannelId) {
        let Some(channel) = self.channels.get_mut(&id) else {
            return;
        };
        let delivered: Vec<_> = std::mem::take(&mut channel.unacknowledged)
            .into_values()
            .collect();
        // First back into their queues, then the next consumer: the order of arrival stays.
        let mut touched: Vec<QueueId> = Vec::new();
        for delivered in delivered {
            if !touched.contains(&delivered.queue) {
                touched.push(delivered.queue);
            }
            self.settle_one(id, delivered, Settlement::Requeue);
        }
        let channel = self.channels.remove(&id);
        self.unconfirmed.remove(&id);
        let consuming = channel.map(|channel| channel.consuming).unwrap_or_default();
        for queue in consuming.into_values() {
            self.drop_consumers(queue, id);
        }
        for id in touched {
            self.resume(id);
        }
        self.bury_the_dying();
    }

    fn drop_consumers(&mut self, queue: QueueId, of: ChannelId) {
        let Some(state) = self.queues.get_mut(&queue) else {
            return;
        };
        state.consumers.retain(|consumer| consumer.channel != of);
        state.idle_since = Instant::now();
        if state.flags.auto_delete && state.consumers.is_empty() {
            self.delete_queue(queue);
        } else {
            self.resume(queue);
        }
    }
}

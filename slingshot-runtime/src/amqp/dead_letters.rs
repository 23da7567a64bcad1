//! Going through a queue of dead letters: each is held until it is told what becomes of it.

use std::{collections::BTreeMap, time::Duration};

use futures_util::{FutureExt as _, StreamExt as _, future::BoxFuture, stream::FuturesOrdered};
use lapin::{
    BasicProperties, Channel,
    message::BasicGetMessage,
    options::{BasicAckOptions, BasicGetOptions, BasicNackOptions},
    types::{AMQPValue, FieldTable, ShortString},
};
use tokio::time::sleep;

use super::{
    BrokerError, Connection, Headers, Inbound, Publisher,
    message::copied,
    queues::{is_not_found, name},
};
use crate::client::{Death, replayed};

/// How many letters are asked for before the first has arrived: what the way to the broker and back takes is
/// then paid once for them all. Their bodies are all that is ever in memory.
const ASKED_AHEAD: usize = 64;

/// The number that means all of a channel's unacknowledged messages.
const ALL: u64 = 0;

/// How often a queue is asked whether it has everything back, and how often in vain: it has lost some to
/// somebody else when the number stays the same.
const RETURN_LOOK: Duration = Duration::from_millis(20);
const LOOKS_IN_VAIN: u32 = 50;

/// A way through a queue, from its oldest message to what was its newest at the start: what fails while it is
/// gone through is not met. No consumer is made, so that the queue looks as unread as it is.
///
/// A message stays unacknowledged until it is removed or the scan ends. Dropped, the broker takes back what
/// is left.
pub(crate) struct Scan {
    channel: Channel,
    queue: String,
    ready: u64,
    /// Messages that may still be asked for.
    left: u64,
    asked: FuturesOrdered<BoxFuture<'static, lapin::Result<Option<BasicGetMessage>>>>,
    removed: u64,
    is_quorum: bool,
}

impl Scan {
    /// For at most `most` of a queue's messages; none when there is no such queue.
    pub(crate) async fn open(
        connection: &Connection,
        queue: &str,
        most: u64,
    ) -> Result<Option<Self>, BrokerError> {
        let Some(depth) = connection.queue_depth(queue).await? else {
            return Ok(None);
        };
        Ok(Some(Self {
            channel: connection.channel().await?,
            queue: queue.to_owned(),
            ready: depth.ready,
            left: depth.ready.min(most),
            asked: FuturesOrdered::new(),
            removed: 0,
            is_quorum: false,
        }))
    }

    /// How many messages the queue had at the start.
    pub(crate) fn ready(&self) -> u64 {
        self.ready
    }

    /// The next message, in the queue's order. Nothing is lost when it is not waited for.
    pub(crate) async fn next(&mut self) -> Result<Option<Inbound>, BrokerError> {
        while self.left > 0 && self.asked.len() < ASKED_AHEAD {
            self.left -= 1;
            let (channel, queue) = (self.channel.clone(), name(&self.queue));
            let asking = async move { channel.basic_get(queue, BasicGetOptions::default()).await };
            self.asked.push_back(asking.boxed());
        }
        match self.asked.next().await {
            Some(Ok(Some(message))) => {
                self.is_quorum |= was_counted(&message.delivery.properties);
                Ok(Some(Inbound::new(message.delivery)))
            }
            // Somebody else has taken what was there.
            Some(Ok(None)) | None => {
                self.left = 0;
                Ok(None)
            }
            Some(Err(error)) if is_not_found(&error) => {
                self.left = 0;
                Ok(None)
            }
            Some(Err(error)) => Err(error.into()),
        }
    }

    /// Removes a message. Does not wait: should the word not arrive, the message stays.
    pub(crate) fn remove(&mut self, tag: u64) -> Result<(), BrokerError> {
        let removed = self.channel.basic_ack(tag, BasicAckOptions::default());
        removed.now_or_never().unwrap_or(Ok(()))?;
        self.removed += 1;
        Ok(())
    }

    /// Gives back all that were not removed, and returns when they are in the queue again. A classic queue has
    /// them in their order; `RabbitMQ` 3's quorum queues mix more than 32.
    pub(crate) async fn finish(mut self, connection: &Connection) -> Result<(), BrokerError> {
        self.left = 0;
        while self.asked.next().await.is_some() {}
        if self.is_quorum {
            // A quorum queue of RabbitMQ 4.3 counts a closed channel as a crash, and drops at 20 of them.
            let all = BasicNackOptions {
                multiple: true,
                requeue: true,
            };
            self.channel.basic_nack(ALL, all).await?;
        }
        // A classic queue of RabbitMQ 3 takes back a closed channel's messages a hundred times as fast as
        // those of a `basic.nack`.
        self.channel.close(200, ShortString::default()).await?;
        self.are_back(connection).await
    }

    /// Whoever looks next is to find everything.
    async fn are_back(&self, connection: &Connection) -> Result<(), BrokerError> {
        let (mut last, mut in_vain) = (0, 0);
        while in_vain < LOOKS_IN_VAIN {
            let depth = connection.queue_depth(&self.queue).await?;
            let ready = depth.map_or(u64::MAX, |depth| depth.ready);
            if ready.saturating_add(self.removed) >= self.ready {
                break;
            }
            in_vain = if ready == last { in_vain + 1 } else { 0 };
            last = ready;
            sleep(RETURN_LOOK).await;
        }
        Ok(())
    }
}

/// Only quorum queues say how often a message came before.
fn was_counted(properties: &BasicProperties) -> bool {
    let headers = properties.headers().as_ref();
    headers.is_some_and(|headers| {
        ["x-delivery-count", "x-acquired-count"]
            .iter()
            .any(|name| headers.inner().contains_key(*name))
    })
}

impl Publisher {
    /// Publishes a dead letter as the message that it was, for another try.
    pub(crate) async fn replay(&self, queue: &str, letter: &Inbound) -> Result<(), BrokerError> {
        let times = replayed(&letter.headers()) + 1;
        let properties = as_before(&letter.delivery.properties, times);
        self.confirmed(queue, letter.body().to_vec(), properties)
            .await
    }
}

/// The properties of a letter without all that its failures have added: attempts start anew, and who reads it
/// next does not take old counts for its own.
fn as_before(letter: &BasicProperties, times: u32) -> BasicProperties {
    let table = letter.headers().clone().unwrap_or_default();
    let kept = table
        .inner()
        .iter()
        .filter(|(name, _)| !tells_of_failure(name.as_str()));
    let kept: BTreeMap<_, _> = kept
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let original = letter.clone().with_headers(FieldTable::from(kept));
    copied(
        &original,
        Headers::from([("x-slingshot-replayed", times.to_string())]),
    )
}

/// Ours, and those that `RabbitMQ` writes when a message is rejected, expires or comes again.
fn tells_of_failure(header: &str) -> bool {
    const PREFIXES: [&str; 3] = ["x-slingshot-error-", "x-first-death-", "x-last-death-"];
    const NAMES: [&str; 6] = [
        "x-slingshot-attempt",
        "x-slingshot-deferred",
        "x-slingshot-redelivered",
        "x-death",
        "x-delivery-count",
        "x-acquired-count",
    ];
    NAMES.contains(&header) || PREFIXES.iter().any(|prefix| header.starts_with(prefix))
}

impl Inbound {
    /// Who published it.
    pub(crate) fn app_id(&self) -> Option<&str> {
        Some(self.delivery.properties.app_id().as_ref()?.as_str())
    }

    /// The entries of `x-death`, the latest first, as far as they are what `RabbitMQ` writes.
    pub(crate) fn deaths(&self) -> Vec<Death> {
        let headers = self.delivery.properties.headers().as_ref();
        let Some(AMQPValue::FieldArray(entries)) =
            headers.and_then(|headers| headers.inner().get("x-death"))
        else {
            return Vec::new();
        };
        entries.as_slice().iter().filter_map(death).collect()
    }
}

fn death(entry: &AMQPValue) -> Option<Death> {
    let AMQPValue::FieldTable(entry) = entry else {
        return None;
    };
    let text = |name: &str| match entry.inner().get(name)? {
        AMQPValue::LongString(text) => Some(text.to_string()),
        AMQPValue::ShortString(text) => Some(text.to_string()),
        _ => None,
    };
    Some(Death {
        queue: text("queue")?,
        reason: text("reason").unwrap_or_default(),
        count: match entry.inner().get("count") {
            Some(AMQPValue::LongLongInt(count)) => u64::try_from(*count).unwrap_or(0),
            _ => 0,
        },
        time: match entry.inner().get("time") {
            Some(AMQPValue::Timestamp(time)) => Some(*time),
            _ => None,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_headers(headers: &[(&str, AMQPValue)]) -> BasicProperties {
        let mut table = FieldTable::default();
        for (name, value) in headers {
            table.insert((*name).into(), value.clone());
        }
        BasicProperties::default().with_headers(table)
    }

    #[test]
    fn a_replayed_letter_is_the_message_that_it_was() {
        let text = |text: &str| AMQPValue::LongString(text.into());
        let letter = with_headers(&[
            ("tenant", text("a")),
            ("traceparent", text("00-4bf9-00f0-01")),
            ("nothing", AMQPValue::Void),
            ("x-acquired-count", AMQPValue::LongLongInt(3)),
            ("x-death", AMQPValue::FieldArray(Vec::new().into())),
            ("x-delivery-count", AMQPValue::LongLongInt(3)),
            ("x-first-death-queue", text("in")),
            ("x-last-death-reason", text("rejected")),
            ("x-slingshot-attempt", text("5")),
            ("x-slingshot-deferred", text("1")),
            ("x-slingshot-error-type", text("error")),
            ("x-slingshot-redelivered", text("2")),
            ("x-slingshot-replayed", text("1")),
        ])
        .with_message_id("m-1".into())
        .with_correlation_id("c-1".into());
        let replayed = as_before(&letter, 2);
        let headers = replayed.headers().as_ref().expect("a copy has headers");
        let shown: Vec<_> = headers
            .inner()
            .iter()
            .map(|(name, value)| format!("{name}: {value:?}"))
            .collect();
        assert_eq!(
            shown,
            [
                "nothing: Void".to_owned(),
                format!("tenant: {:?}", text("a")),
                format!("traceparent: {:?}", text("00-4bf9-00f0-01")),
                format!("x-slingshot-replayed: {:?}", text("2")),
            ]
        );
        assert_eq!(replayed.message_id(), letter.message_id());
        assert_eq!(replayed.correlation_id(), letter.correlation_id());
        assert_eq!(replayed.delivery_mode(), &Some(2));
    }

    #[test]
    fn a_death_that_rabbitmq_would_not_write_is_passed_over() {
        let entry = |values: &[(&str, AMQPValue)]| {
            let mut table = FieldTable::default();
            for (name, value) in values {
                table.insert((*name).into(), value.clone());
            }
            death(&AMQPValue::FieldTable(table))
        };
        let text = |text: &str| AMQPValue::LongString(text.into());
        assert_eq!(
            entry(&[
                ("queue", text("in")),
                ("reason", text("rejected")),
                ("count", AMQPValue::LongLongInt(2)),
                ("time", AMQPValue::Timestamp(1_795_294_200)),
            ]),
            Some(Death {
                queue: "in".to_owned(),
                reason: "rejected".to_owned(),
                count: 2,
                time: Some(1_795_294_200),
            })
        );
        assert_eq!(entry(&[("queue", AMQPValue::Void)]), None);
        assert_eq!(death(&text("in")), None);
    }
}

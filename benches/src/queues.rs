//! The two queues of a race, and the load on them.

use std::{collections::BTreeSet, time::Duration};

use anyhow::{Context as _, Result, ensure};
use futures_util::{StreamExt as _, TryStreamExt as _};
use lapin::{
    Channel, Connection, ConnectionProperties,
    options::{BasicConsumeOptions, ConfirmSelectOptions, QueueDeclareOptions, QueueDeleteOptions},
    types::{AMQPValue, FieldTable},
};
use tokio::time::timeout;

use crate::by_hand::{properties, publish};

pub(crate) const IN: &str = "bench.in";
pub(crate) const OUT: &str = "bench.out";
/// Where a service's dead letters would be.
const DEAD: &str = "bench.in.dlq";

/// How many publishes of the load wait for their confirmation at once.
const IN_FLIGHT: usize = 1_000;

/// How long the last arrivals may take once all are in the queue.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) struct Queues {
    connection: Connection,
    channel: Channel,
}

impl Queues {
    /// Fresh ones, so that nothing of the last race is in the next.
    pub(crate) async fn fresh(url: &str) -> Result<Self> {
        let connection = Connection::connect(url, ConnectionProperties::default()).await?;
        let channel = connection.create_channel().await?;
        let durable = QueueDeclareOptions {
            durable: true,
            ..QueueDeclareOptions::default()
        };
        for queue in [IN, OUT, DEAD] {
            let delete = QueueDeleteOptions::default();
            channel.queue_delete(queue.into(), delete).await?;
            let arguments = FieldTable::default();
            channel
                .queue_declare(queue.into(), durable, arguments)
                .await?;
        }
        channel
            .confirm_select(ConfirmSelectOptions::default())
            .await?;
        Ok(Self {
            connection,
            channel,
        })
    }

    /// Publishes the ids from 1 on as a service does: each message with an id of its own, in a trace of its own.
    pub(crate) async fn load(&self, ids: u64) -> Result<()> {
        futures_util::stream::iter(1..=ids)
            .map(async |id| {
                let body = id.to_string();
                let message_id = format!("00000000-0000-8000-8000-{id:012}");
                let trace = format!("00-{id:032x}-{id:016x}-00");
                let mut headers = FieldTable::default();
                headers.insert("traceparent".into(), AMQPValue::LongString(trace.into()));
                let properties = properties(message_id.into(), headers);
                publish(&self.channel, IN, body.as_bytes(), properties).await
            })
            .buffered(IN_FLIGHT)
            .try_for_each(async |()| Ok(()))
            .await
    }

    /// How many messages wait in a queue.
    pub(crate) async fn depth(&self, queue: &str) -> Result<u64> {
        let passive = QueueDeclareOptions {
            passive: true,
            ..QueueDeclareOptions::default()
        };
        let declared = self
            .channel
            .queue_declare(queue.into(), passive, FieldTable::default())
            .await?;
        Ok(declared.message_count().into())
    }

    pub(crate) async fn has_consumer(&self) -> Result<bool> {
        let passive = QueueDeclareOptions {
            passive: true,
            ..QueueDeclareOptions::default()
        };
        let declared = self
            .channel
            .queue_declare(IN.into(), passive, FieldTable::default())
            .await?;
        Ok(declared.consumer_count() > 0)
    }

    /// Every id has arrived once, and nothing else has, or is left.
    pub(crate) async fn check(self, ids: u64) -> Result<()> {
        ensure!(
            self.depth(OUT).await? == ids,
            "{} messages arrived, and {ids} were sent",
            self.depth(OUT).await?
        );
        ensure!(self.depth(IN).await? == 0, "messages were not acknowledged");
        let options = BasicConsumeOptions {
            no_ack: true,
            ..BasicConsumeOptions::default()
        };
        let arrived = self
            .channel
            .basic_consume(OUT.into(), "".into(), options, FieldTable::default())
            .await?
            .take(usize::try_from(ids)?)
            .map_err(anyhow::Error::from)
            .and_then(async |delivery| Ok(std::str::from_utf8(&delivery.data)?.parse::<u64>()?))
            .try_collect::<BTreeSet<_>>();
        let arrived = timeout(PATIENCE, arrived)
            .await
            .context("not all could be read")??;
        ensure!(
            arrived.into_iter().eq(1..=ids),
            "an id is missing, and another arrived twice"
        );
        Ok(self.connection.close(200, "raced".into()).await?)
    }
}

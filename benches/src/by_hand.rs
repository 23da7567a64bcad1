//! The contestants written by hand, as fast as they can be made without losing a message.
//!
//! Everything that waits is in flight at once, up to the prefetch, and on one task, which is what `lapin` is
//! fastest with: nothing changes threads but for the client's own.

pub(crate) mod database;
pub(crate) mod objects;
pub(crate) mod queue;

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result, ensure};
use futures_util::{FutureExt as _, StreamExt as _};
use lapin::{
    BasicProperties, Channel, Confirmation, Connection, ConnectionProperties, Consumer,
    message::Delivery,
    options::{
        BasicAckOptions, BasicConsumeOptions, BasicPublishOptions, BasicQosOptions,
        ConfirmSelectOptions,
    },
    types::{FieldTable, ShortString},
};

use crate::queues::{IN, OUT};

/// Where the messages are, and how many may be in flight.
#[derive(Clone, Debug, clap::Args)]
struct Way {
    #[arg(long)]
    rabbitmq: String,
    #[arg(long)]
    prefetch: u16,
}

/// The way from the first queue to the second.
struct Line {
    _connection: Connection,
    channel: Channel,
    deliveries: Consumer,
}

impl Line {
    async fn open(way: &Way) -> Result<Self> {
        let properties = ConnectionProperties::default();
        let connection = Connection::connect(&way.rabbitmq, properties).await?;
        let channel = connection.create_channel().await?;
        channel
            .confirm_select(ConfirmSelectOptions::default())
            .await?;
        channel
            .basic_qos(way.prefetch, BasicQosOptions::default())
            .await?;
        let deliveries = channel
            .basic_consume(
                IN.into(),
                "".into(),
                BasicConsumeOptions::default(),
                FieldTable::default(),
            )
            .await?;
        Ok(Self {
            _connection: connection,
            channel,
            deliveries,
        })
    }

    async fn next(&mut self) -> Result<Delivery> {
        let delivery = self.deliveries.next().await;
        Ok(delivery.context("the consumer has ended")??)
    }

    /// Acknowledges without waiting for the frame to be written.
    fn ack(&self, tag: u64) -> Result<()> {
        let acked = self.channel.basic_ack(tag, BasicAckOptions::default());
        Ok(acked.now_or_never().unwrap_or(Ok(()))?)
    }
}

/// Passes a message on as a service does, with an id and in its trace, and says its tag once that is confirmed.
async fn pass(channel: Channel, delivery: Delivery) -> Result<u64> {
    let id = delivery.properties.message_id().clone();
    let trace = delivery.properties.headers().clone();
    let properties = properties(id.unwrap_or_default(), trace.unwrap_or_default());
    publish(&channel, OUT, &delivery.data, properties).await?;
    Ok(delivery.delivery_tag)
}

/// Passes only the body on.
async fn pass_body(channel: Channel, delivery: Delivery) -> Result<u64> {
    let properties = BasicProperties::default().with_delivery_mode(PERSISTENT);
    publish(&channel, OUT, &delivery.data, properties).await?;
    Ok(delivery.delivery_tag)
}

const PERSISTENT: u8 = 2;

/// What a service's messages say beside the id in their body.
pub(crate) fn properties(message_id: ShortString, headers: FieldTable) -> BasicProperties {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH);
    BasicProperties::default()
        .with_app_id("by-hand".into())
        .with_content_type("text/plain".into())
        .with_delivery_mode(PERSISTENT)
        .with_headers(headers)
        .with_message_id(message_id)
        .with_timestamp(since_epoch.map_or(0, |since| since.as_secs()))
}

/// Publishes a mandatory message and waits for the confirmation.
pub(crate) async fn publish(
    channel: &Channel,
    queue: &str,
    body: &[u8],
    properties: BasicProperties,
) -> Result<()> {
    let mandatory = BasicPublishOptions {
        mandatory: true,
        ..BasicPublishOptions::default()
    };
    let confirmation = channel
        .basic_publish("".into(), queue.into(), mandatory, body, properties)
        .await?
        .await?;
    ensure!(
        matches!(confirmation, Confirmation::Ack(None)),
        "not confirmed"
    );
    Ok(())
}

fn id_of(delivery: &Delivery) -> Result<u64> {
    Ok(std::str::from_utf8(&delivery.data)?.parse()?)
}

//! The contestants written by hand, as fast as they can be made without losing a message.
//!
//! Everything that waits is in flight at once, up to the prefetch, and on one task, which is what `lapin` is
//! fastest with: nothing changes threads but for the client's own.

pub(crate) mod database;
pub(crate) mod objects;
pub(crate) mod queue;

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

/// The way from the first queue to the second.
struct Line {
    _connection: Connection,
    channel: Channel,
    deliveries: Consumer,
}

impl Line {
    async fn open(url: &str, prefetch: u16) -> Result<Self> {
        let connection = Connection::connect(url, ConnectionProperties::default()).await?;
        let channel = connection.create_channel().await?;
        channel
            .confirm_select(ConfirmSelectOptions::default())
            .await?;
        channel
            .basic_qos(prefetch, BasicQosOptions::default())
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

/// Passes a message on, and says its tag once that is confirmed.
async fn pass(channel: Channel, delivery: Delivery) -> Result<u64> {
    let id = delivery.properties.message_id().clone();
    publish(&channel, OUT, &delivery.data, id.unwrap_or_default()).await?;
    Ok(delivery.delivery_tag)
}

/// Publishes a persistent, mandatory message and waits for the confirmation.
pub(crate) async fn publish(
    channel: &Channel,
    queue: &str,
    body: &[u8],
    message_id: ShortString,
) -> Result<()> {
    let mandatory = BasicPublishOptions {
        mandatory: true,
        ..BasicPublishOptions::default()
    };
    let properties = BasicProperties::default()
        .with_delivery_mode(2)
        .with_content_type("text/plain".into())
        .with_message_id(message_id);
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

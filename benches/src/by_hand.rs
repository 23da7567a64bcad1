//! The contestant written by hand: two loops over `lapin`, as fast as they can be made without
//! losing a message.

use anyhow::{Context as _, Result};
use futures_util::{FutureExt as _, StreamExt as _, stream::FuturesUnordered};
use lapin::{
    BasicProperties, Channel, Confirmation, Connection, ConnectionProperties,
    options::{
        BasicAckOptions, BasicConsumeOptions, BasicPublishOptions, BasicQosOptions,
        ConfirmSelectOptions,
    },
    types::FieldTable,
};

use crate::load::PREFETCH;

/// Runs both stages until the process is ended.
pub(crate) async fn run(url: &str) -> Result<()> {
    let connection = Connection::connect(url, ConnectionProperties::default()).await?;
    tokio::try_join!(
        stage(
            connection.create_channel().await?,
            "bench.in",
            "bench.middle"
        ),
        stage(
            connection.create_channel().await?,
            "bench.middle",
            "bench.out"
        ),
    )?;
    Ok(())
}

async fn stage(channel: Channel, from: &str, to: &str) -> Result<()> {
    channel
        .confirm_select(ConfirmSelectOptions::default())
        .await?;
    channel
        .basic_qos(PREFETCH, BasicQosOptions::default())
        .await?;
    let mut deliveries = channel
        .basic_consume(
            from.into(),
            "".into(),
            BasicConsumeOptions::default(),
            FieldTable::default(),
        )
        .await?;
    // At most as many as the prefetch are in flight, because each is acknowledged last.
    let mut confirms = FuturesUnordered::new();
    let mut acks = FuturesUnordered::new();
    loop {
        tokio::select! {
            delivery = deliveries.next() => {
                let delivery = delivery.context("the consumer has ended")??;
                let confirm = publish(&channel, to, &delivery.data).await?;
                let acker = delivery.acker;
                confirms.push(confirm.map(move |confirmation| (acker, confirmation)));
            }
            Some((acker, confirmation)) = confirms.next() => {
                anyhow::ensure!(matches!(confirmation?, Confirmation::Ack(None)), "not confirmed");
                acks.push(async move { acker.ack(BasicAckOptions::default()).await });
            }
            Some(acked) = acks.next() => {
                acked?;
            }
        }
    }
}

/// Publishes one persistent, mandatory message; the confirm is awaited by whoever called.
pub(crate) async fn publish(
    channel: &Channel,
    queue: &str,
    body: &[u8],
) -> lapin::Result<impl Future<Output = lapin::Result<Confirmation>> + Unpin + use<>> {
    let options = BasicPublishOptions {
        mandatory: true,
        ..BasicPublishOptions::default()
    };
    let properties = BasicProperties::default()
        .with_delivery_mode(2)
        .with_content_type("text/plain".into());
    channel
        .basic_publish("".into(), queue.into(), options, body, properties)
        .await
}

//! Publishing: persistent, mandatory, confirmed.

use std::time::{SystemTime, UNIX_EPOCH};

use lapin::{
    BasicProperties, Channel, Confirmation, options::BasicPublishOptions, types::ShortString,
};

use super::{BrokerError, Headers, Inbound, queues::name};

pub(super) const PERSISTENT: u8 = 2;

const MANDATORY: BasicPublishOptions = BasicPublishOptions {
    mandatory: true,
    immediate: false,
};

/// A channel in confirm mode. Its futures queue their message when first polled, and are ready when
/// the broker has taken responsibility: poll many at once, from one task, to keep the line full.
#[derive(Debug)]
pub(crate) struct Publisher {
    channel: Channel,
    /// What every message has in common.
    properties: BasicProperties,
}

impl Publisher {
    pub(super) fn new(channel: Channel, app_id: &str) -> Self {
        Self {
            channel,
            properties: BasicProperties::default()
                .with_app_id(app_id.into())
                .with_content_type("text/plain".into())
                .with_delivery_mode(PERSISTENT),
        }
    }

    /// Publishes an id.
    pub(crate) async fn publish(
        &self,
        queue: &str,
        id: u64,
        message_id: &str,
    ) -> Result<(), BrokerError> {
        let properties = self
            .properties
            .clone()
            .with_message_id(message_id.into())
            .with_timestamp(seconds_since_epoch());
        self.confirmed(queue, id.to_string().as_bytes(), properties)
            .await
    }

    /// Publishes a copy of a message elsewhere, with headers added.
    pub(crate) async fn publish_copy(
        &self,
        queue: &str,
        original: &Inbound,
        added: Headers,
    ) -> Result<(), BrokerError> {
        self.confirmed(queue, original.body(), original.properties_with(added))
            .await
    }

    async fn confirmed(
        &self,
        queue: &str,
        body: &[u8],
        properties: BasicProperties,
    ) -> Result<(), BrokerError> {
        let default_exchange = ShortString::default();
        let confirmation = self
            .channel
            .basic_publish(default_exchange, name(queue), MANDATORY, body, properties)
            .await?
            .await?;
        match confirmation {
            Confirmation::Ack(None) => Ok(()),
            // A return comes before its confirmation, and the confirmation is an ack all the same.
            Confirmation::Ack(Some(returned)) | Confirmation::Nack(Some(returned)) => {
                Err(BrokerError::Returned {
                    queue: queue.to_owned(),
                    reason: returned.reply_text.to_string(),
                })
            }
            Confirmation::Nack(None) | Confirmation::NotRequested => Err(BrokerError::Refused {
                queue: queue.to_owned(),
            }),
        }
    }
}

/// AMQP's timestamps are whole seconds.
fn seconds_since_epoch() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |elapsed| elapsed.as_secs())
}

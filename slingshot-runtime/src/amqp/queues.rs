//! Queues: used as they are, made when they are not there.

use lapin::{
    options::QueueDeclareOptions,
    types::{AMQPValue, FieldTable, ShortString},
};

use super::{BrokerError, Connection};

/// `NOT_FOUND`, the one answer to a passive declaration that means "make it".
const NOT_FOUND: u16 = 404;

/// How many messages and consumers a queue has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueueDepth {
    /// Messages that wait to be delivered.
    pub ready: u64,
    /// Consumers.
    pub consumers: u32,
}

impl Connection {
    /// Makes sure of a queue: one that exists is used as it is, whatever its arguments, so that old and
    /// new services share a broker; one that does not is declared durable.
    pub(crate) async fn ensure_queue(
        &self,
        queue: &str,
        queue_type: Option<&str>,
    ) -> Result<(), BrokerError> {
        if self.queue_depth(queue).await?.is_some() {
            return Ok(());
        }
        let mut arguments = FieldTable::default();
        if let Some(queue_type) = queue_type {
            arguments.insert(
                "x-queue-type".into(),
                AMQPValue::LongString(queue_type.into()),
            );
        }
        let channel = self.channel().await?;
        channel
            .queue_declare(name(queue), QueueDeclareOptions::durable(), arguments)
            .await?;
        tracing::debug!(queue, "declared a durable queue");
        Ok(channel.close(200, ShortString::default()).await?)
    }

    /// A queue's depth; none when there is no such queue.
    pub(crate) async fn queue_depth(&self, queue: &str) -> Result<Option<QueueDepth>, BrokerError> {
        // A failed passive declaration costs the channel, so each has its own.
        let channel = self.channel().await?;
        let passive = QueueDeclareOptions::default().passive();
        match channel
            .queue_declare(name(queue), passive, FieldTable::default())
            .await
        {
            Ok(found) => {
                channel.close(200, ShortString::default()).await?;
                Ok(Some(QueueDepth {
                    ready: found.message_count().into(),
                    consumers: found.consumer_count(),
                }))
            }
            Err(error) if is_not_found(&error) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

pub(super) fn name(queue: &str) -> ShortString {
    queue.into()
}

pub(super) fn is_not_found(error: &lapin::Error) -> bool {
    matches!(error.kind(), lapin::ErrorKind::ProtocolError(error) if error.get_id() == NOT_FOUND)
}

//! Queues: used as they are, made when they are not there.

use lapin::{
    ErrorKind,
    options::QueueDeclareOptions,
    types::{AMQPValue, FieldTable, ShortString},
};

use super::{BrokerError, Connection};

/// `NOT_FOUND`, the one answer to a passive declaration that means "make it".
const NOT_FOUND: u16 = 404;

pub(super) const PRECONDITION_FAILED: u16 = 406;

/// How many messages and consumers a queue has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueueDepth {
    /// Messages that wait to be delivered.
    pub ready: u64,
    /// Consumers.
    pub consumers: u32,
}

/// What was found where a queue had to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ensured {
    /// One that was there before.
    Found,
    /// Nothing, and now there is one.
    Declared,
}

impl Connection {
    /// Makes sure of a queue: one that exists is used as it is, whatever its arguments, so that old and
    /// new services share a broker; one that does not is declared durable.
    pub(crate) async fn ensure_queue(
        &self,
        queue: &str,
        queue_type: Option<&str>,
    ) -> Result<Ensured, BrokerError> {
        if self.queue_depth(queue).await?.is_some() {
            return Ok(Ensured::Found);
        }
        let mut arguments = FieldTable::default();
        if let Some(queue_type) = queue_type {
            arguments.insert(
                "x-queue-type".into(),
                AMQPValue::LongString(queue_type.into()),
            );
        }
        self.declare(queue, arguments).await?;
        Ok(Ensured::Declared)
    }

    /// Whether a queue that is there goes when its broker restarts, and its messages with it. AMQP has no
    /// question for that; a declaration that asks for the opposite is refused with the reason.
    pub(crate) async fn is_transient(&self, queue: &str) -> Result<bool, BrokerError> {
        let channel = self.channel().await?;
        let durable = QueueDeclareOptions::durable();
        let arguments = FieldTable::default();
        match channel.queue_declare(name(queue), durable, arguments).await {
            Ok(_) => channel.close(200, ShortString::default()).await?,
            Err(error) => match refusal(&error) {
                Some((PRECONDITION_FAILED, words)) => {
                    return Ok(words.contains("inequivalent arg 'durable'"));
                }
                // Whoever may not declare is not told.
                Some(_) => {}
                None => return Err(error.into()),
            },
        }
        Ok(false)
    }

    /// Declares a durable queue.
    pub(super) async fn declare(
        &self,
        queue: &str,
        arguments: FieldTable,
    ) -> Result<(), BrokerError> {
        let channel = self.channel().await?;
        match channel
            .queue_declare(name(queue), QueueDeclareOptions::durable(), arguments)
            .await
        {
            Ok(_) => {
                tracing::debug!(queue, "declared a durable queue");
                Ok(channel.close(200, ShortString::default()).await?)
            }
            // The channel is closed, and the connection works.
            Err(error) if refusal(&error).is_some() => Err(BrokerError::NotDeclared {
                queue: queue.to_owned(),
                source: error.into(),
            }),
            Err(error) => Err(error.into()),
        }
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
    refusal(error).is_some_and(|(code, _)| code == NOT_FOUND)
}

/// The broker's code and words, if it refused something.
pub(super) fn refusal(error: &lapin::Error) -> Option<(u16, &str)> {
    match error.kind() {
        ErrorKind::ProtocolError(error) => Some((error.get_id(), error.get_message().as_str())),
        _ => None,
    }
}

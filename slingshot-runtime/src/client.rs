//! What the command line does with a system's broker and object store.

use std::path::Path;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use slingshot_topology::sys_map::{ObjectStorage, RabbitMq};
use thiserror::Error;
use tokio::io::{AsyncWrite, AsyncWriteExt as _};

pub use crate::{
    amqp::{BrokerError, QueueDepth},
    logs::tells_no_secret,
    objects::ObjectError,
    secret::SecretError,
};
use crate::{
    amqp::{Connection, Publisher},
    delivery,
    message_id::OutputIds,
    objects::Store,
    secret, tls,
};

/// The name that the broker's tools show, and that messages carry as their sender.
const NAME: &str = "slingshot";

/// How many sent ids may wait for their confirmation at once.
const IDS_IN_FLIGHT: usize = 256;

/// Something that a client of the system could not do.
#[derive(Debug, Error)]
pub enum ClientError {
    /// A secret is not where its reference says.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The broker did not do it.
    #[error(transparent)]
    Broker(#[from] BrokerError),
    /// The object store did not do it.
    #[error(transparent)]
    Objects(#[from] ObjectError),
    /// The object could not be written where it was to go.
    #[error("the object could not be written: {0}")]
    Write(#[from] std::io::Error),
}

/// The system's queues.
#[derive(Debug)]
pub struct Queues {
    connection: Connection,
    publisher: Publisher,
}

/// A message that failed for good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    /// What the message carried: an id, unless that was what failed.
    pub body: String,
    /// Why it failed.
    pub reason: Option<String>,
    /// The service that it failed in.
    pub service: Option<String>,
    /// When, as RFC 3339 writes it.
    pub failed_at: Option<String>,
}

impl Queues {
    /// Connects to the broker.
    ///
    /// # Errors
    ///
    /// [`ClientError::Secret`] and [`ClientError::Broker`].
    pub async fn connect(endpoint: &RabbitMq) -> Result<Self, ClientError> {
        tls::install();
        let password = secret::resolve(&endpoint.password).await?;
        let connection = Connection::open(endpoint, &password, NAME).await?;
        let publisher = connection.publisher(NAME).await?;
        Ok(Self {
            connection,
            publisher,
        })
    }

    /// Sends ids to a queue, which is declared durable if it is not there. Returns when the broker has
    /// confirmed them all.
    ///
    /// # Errors
    ///
    /// [`ClientError::Broker`]; some of the ids may have arrived.
    pub async fn send(
        &self,
        queue: &str,
        ids: impl IntoIterator<Item = u64>,
    ) -> Result<(), ClientError> {
        self.connection.ensure_queue(queue, None).await?;
        let message_ids = OutputIds::of(NAME, None);
        let sent = ids.into_iter().enumerate().map(|(index, id)| {
            let message_id = message_ids.output(index);
            async move { self.publisher.publish(queue, id, &message_id).await }
        });
        stream::iter(sent)
            .buffered(IDS_IN_FLIGHT)
            .try_collect::<()>()
            .await?;
        Ok(())
    }

    /// A queue's depth; none when there is no such queue.
    ///
    /// # Errors
    ///
    /// [`ClientError::Broker`].
    pub async fn depth(&self, queue: &str) -> Result<Option<QueueDepth>, ClientError> {
        Ok(self.connection.queue_depth(queue).await?)
    }

    /// Up to `limit` dead letters, the oldest first. They stay where they are; no queue, no dead letters.
    ///
    /// # Errors
    ///
    /// [`ClientError::Broker`].
    pub async fn dead_letters(
        &self,
        queue: &str,
        limit: usize,
    ) -> Result<Vec<DeadLetter>, ClientError> {
        let letters = self.connection.peek(queue, limit).await?;
        let letters = letters.iter().map(|letter| {
            let headers = letter.headers();
            let text = |name| delivery::text(&headers, name).map(str::to_owned);
            DeadLetter {
                body: String::from_utf8_lossy(letter.body()).into_owned(),
                reason: text("x-slingshot-error-message"),
                service: text("x-slingshot-error-service"),
                failed_at: text("x-slingshot-error-failed-at"),
            }
        });
        Ok(letters.collect())
    }
}

/// The system's objects.
#[derive(Debug)]
pub struct Objects {
    store: Store,
}

impl Objects {
    /// Makes a client of the object store; the store is spoken to when something is asked of it.
    ///
    /// # Errors
    ///
    /// [`ClientError::Secret`].
    pub async fn connect(endpoint: &ObjectStorage) -> Result<Self, ClientError> {
        tls::install();
        let access_key = secret::resolve(&endpoint.access_key).await?;
        let secret_key = secret::resolve(&endpoint.secret_key).await?;
        Ok(Self {
            store: Store::new(endpoint, &access_key, &secret_key),
        })
    }

    /// Makes an object of a file.
    ///
    /// # Errors
    ///
    /// [`ClientError::Objects`].
    pub async fn put_file(&self, bucket: &str, id: u64, path: &Path) -> Result<(), ClientError> {
        Ok(self.store.put_file(bucket, id, path).await?)
    }

    /// Writes an object to `target` as it arrives.
    ///
    /// # Errors
    ///
    /// [`ClientError::Objects`], and [`ClientError::Write`] for the target's own.
    pub async fn get(
        &self,
        bucket: &str,
        id: u64,
        target: &mut (impl AsyncWrite + Unpin),
    ) -> Result<(), ClientError> {
        let mut chunks = std::pin::pin!(self.store.open(bucket, id).await?);
        while let Some(chunk) = chunks.try_next().await? {
            target.write_all(&chunk).await?;
        }
        Ok(target.flush().await?)
    }

    /// Makes a bucket; one that exists is as good.
    ///
    /// # Errors
    ///
    /// [`ClientError::Objects`].
    pub async fn create_bucket(&self, bucket: &str) -> Result<(), ClientError> {
        Ok(self.store.create_bucket(bucket).await?)
    }
}

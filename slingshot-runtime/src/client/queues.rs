//! The system's queues.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
};

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use slingshot_topology::sys_map::RabbitMq;

use super::{ClientError, NAME};
use crate::{
    amqp::{BrokerError, Connection, Publisher, QueueDepth},
    message_id::OutputIds,
    secret, tls,
    trace::TraceContext,
};

/// How many sent ids may wait for their confirmation at once.
const IDS_IN_FLIGHT: usize = 256;

/// The system's queues.
#[derive(Debug)]
pub struct Queues {
    pub(super) connection: Connection,
    pub(super) publisher: Publisher,
    /// The queues that were made sure of. A system has few, and each costs the broker two round trips.
    ensured: Mutex<BTreeSet<String>>,
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
            ensured: Mutex::default(),
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
        self.send_within(None, queue, ids).await
    }

    /// Sends ids as part of somebody's work.
    pub(crate) async fn send_within(
        &self,
        trace: Option<&TraceContext>,
        queue: &str,
        ids: impl IntoIterator<Item = u64>,
    ) -> Result<(), ClientError> {
        self.ensure(queue).await?;
        let message_ids = OutputIds::of(NAME, None);
        let to = &Arc::<str>::from(queue);
        let sent = ids.into_iter().enumerate().map(|(index, id)| {
            let message_id = message_ids.output(index).into();
            self.publisher
                .publish(Arc::clone(to), id, message_id, trace)
        });
        let sent = stream::iter(sent)
            .buffered(IDS_IN_FLIGHT)
            .try_collect::<()>()
            .await;
        if let Err(BrokerError::Returned { .. }) = &sent {
            // Somebody deleted the queue since: the next call makes it again.
            self.forget(queue);
        }
        Ok(sent?)
    }

    /// A queue's depth; none when there is no such queue.
    ///
    /// # Errors
    ///
    /// [`ClientError::Broker`].
    pub async fn depth(&self, queue: &str) -> Result<Option<QueueDepth>, ClientError> {
        Ok(self.connection.queue_depth(queue).await?)
    }

    /// Makes sure of a queue, once.
    pub(super) async fn ensure(&self, queue: &str) -> Result<(), BrokerError> {
        let known = |it: &Self| {
            let ensured = it.ensured.lock().unwrap_or_else(PoisonError::into_inner);
            ensured.contains(queue)
        };
        if !known(self) {
            self.connection.ensure_queue(queue, None).await?;
            let mut ensured = self.ensured.lock().unwrap_or_else(PoisonError::into_inner);
            ensured.insert(queue.to_owned());
        }
        Ok(())
    }

    fn forget(&self, queue: &str) {
        let mut ensured = self.ensured.lock().unwrap_or_else(PoisonError::into_inner);
        ensured.remove(queue);
    }

    /// Closes the connection in an orderly way: what was settled last arrives.
    pub async fn close(self) {
        self.connection.close().await;
    }
}

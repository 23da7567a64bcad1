//! The queues that a service needs: made sure of before it consumes, and when its routes change.

use std::sync::Arc;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::Service;
use crate::{
    amqp::{BrokerError, Connection, DECLARED_AT_ONCE, Ensured, Tiers},
    routes::Routes,
};

impl Service {
    /// The service's own queue, its tiers, its dead letters' queue, and those that it publishes to: from
    /// here on by the newest routes.
    pub(super) async fn ensure_queues(
        &self,
        connection: &Connection,
        number: u64,
    ) -> Result<Tiers, BrokerError> {
        let is_first = number == 1;
        self.ensure_own(
            connection,
            &self.queue,
            self.queue_type.as_deref(),
            is_first,
        )
        .await?;
        let dead_letters = &self.failures.dead_letter_queue;
        self.ensure_own(connection, dead_letters, None, is_first)
            .await?;
        let newest = Arc::clone(&self.newest_routes.borrow());
        ensure_outputs(connection, &newest).await?;
        self.workshop.routes.replace(newest);
        let tiers = self.failures.retries.tiers();
        for tier in &tiers {
            self.meter.tier(tier.queue.clone());
        }
        Tiers::open(connection, tiers).await
    }

    /// A queue of ours. One that its messages do not survive in is warned of once.
    async fn ensure_own(
        &self,
        connection: &Connection,
        queue: &str,
        queue_type: Option<&str>,
        is_first: bool,
    ) -> Result<(), BrokerError> {
        let ensured = connection.ensure_queue(queue, queue_type).await?;
        if is_first && ensured == Ensured::Found && connection.is_transient(queue).await? {
            tracing::warn!(
                service = self.name,
                queue,
                "the queue is transient: its messages are lost when the broker restarts. It is used as it \
                 is; `slingshot doctor` says how to move to a durable one"
            );
        }
        Ok(())
    }

    /// Takes new routes as they come, each time after their queues are there. Ends with the connection.
    pub(super) async fn follow_routes(&self, connection: &Connection) -> BrokerError {
        let mut routes = self.newest_routes.clone();
        while routes.changed().await.is_ok() {
            let newest = Arc::clone(&routes.borrow_and_update());
            match ensure_outputs(connection, &newest).await {
                Ok(()) => {
                    tracing::info!(service = self.name, "new routes");
                    self.workshop.routes.replace(newest);
                }
                Err(error @ BrokerError::NotDeclared { .. }) => {
                    tracing::error!(service = self.name, %error, "the routes stay as they were");
                }
                Err(error) => return error,
            }
        }
        // Nobody follows the sys-map any more.
        std::future::pending().await
    }
}

async fn ensure_outputs(connection: &Connection, routes: &Routes) -> Result<(), BrokerError> {
    stream::iter(routes.queues())
        .map(|queue| async move { connection.ensure_queue(&queue, None).await })
        .buffer_unordered(DECLARED_AT_ONCE)
        .try_for_each(async |_| Ok(()))
        .await
}

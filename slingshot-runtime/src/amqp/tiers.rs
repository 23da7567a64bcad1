//! The queues in which messages wait for their next attempt.

use std::collections::BTreeSet;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use lapin::types::{AMQPValue, FieldTable};
use tokio::sync::Mutex;

use super::{BrokerError, Connection};
use crate::retry::Tier;

/// How many queues are declared at once.
pub(crate) const DECLARED_AT_ONCE: usize = 8;

/// Tiers on one connection: those that are known to be there need not be asked for.
#[derive(Debug)]
pub(crate) struct Tiers {
    connection: Connection,
    /// One who declares keeps the others from declaring the same.
    known: Mutex<BTreeSet<String>>,
}

impl Tiers {
    /// Makes sure of those that a service will need.
    pub(crate) async fn open(
        connection: &Connection,
        needed: Vec<Tier>,
    ) -> Result<Self, BrokerError> {
        let known = stream::iter(needed)
            .map(|tier| async move {
                connection.ensure_tier(&tier).await?;
                Ok::<_, BrokerError>(tier.queue)
            })
            .buffer_unordered(DECLARED_AT_ONCE)
            .try_collect()
            .await?;
        Ok(Self {
            connection: connection.clone(),
            known: Mutex::new(known),
        })
    }

    /// Makes sure of one that is needed now.
    pub(crate) async fn ensure(&self, tier: &Tier) -> Result<(), BrokerError> {
        let mut known = self.known.lock().await;
        if !known.contains(&tier.queue) {
            self.connection.ensure_tier(tier).await?;
            known.insert(tier.queue.clone());
        }
        Ok(())
    }

    /// Makes sure of another queue that somebody has deleted, as at the start.
    pub(crate) async fn restore(&self, queue: &str) -> Result<(), BrokerError> {
        let _one_at_a_time = self.known.lock().await;
        self.connection.ensure_queue(queue, None).await?;
        Ok(())
    }

    /// A message for this tier came back: somebody has deleted it.
    pub(crate) async fn forget(&self, tier: &Tier) {
        self.known.lock().await.remove(&tier.queue);
    }
}

impl Connection {
    /// Like [`Connection::ensure_queue`]: a tier that is there is used as it is.
    async fn ensure_tier(&self, tier: &Tier) -> Result<(), BrokerError> {
        if self.queue_depth(&tier.queue).await?.is_some() {
            return Ok(());
        }
        match self.declare(&tier.queue, replicated(tier)).await {
            // RabbitMQ before 3.10 has no time to live in quorum queues.
            Err(BrokerError::NotDeclared { source, .. }) => {
                tracing::warn!(
                    queue = tier.queue,
                    %source,
                    "messages wait in a classic queue: should the broker die while it moves one, that one is lost"
                );
                self.declare(&tier.queue, classic(tier)).await
            }
            declared => declared,
        }
    }
}

/// A queue that keeps a message until its own queue has it: a classic one lets go first.
fn replicated(tier: &Tier) -> FieldTable {
    let mut arguments = classic(tier);
    for (name, value) in [
        ("x-queue-type", "quorum"),
        ("x-dead-letter-strategy", "at-least-once"),
        ("x-overflow", "reject-publish"),
    ] {
        arguments.insert(name.into(), AMQPValue::LongString(value.into()));
    }
    arguments
}

fn classic(tier: &Tier) -> FieldTable {
    let milliseconds = i64::try_from(tier.delay.as_millis()).unwrap_or(i64::MAX);
    let mut arguments = FieldTable::default();
    arguments.insert("x-message-ttl".into(), AMQPValue::LongLongInt(milliseconds));
    for (name, value) in [
        // The default exchange: the routing key is a queue's name.
        ("x-dead-letter-exchange", ""),
        ("x-dead-letter-routing-key", &tier.target),
    ] {
        arguments.insert(name.into(), AMQPValue::LongString(value.into()));
    }
    arguments
}

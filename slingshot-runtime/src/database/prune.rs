//! Forgetting messages that are too old to come again.

use std::{sync::Arc, time::Duration};

use tokio::{runtime::Handle, task::spawn_blocking, time::sleep};

use super::{
    Connection, DatabaseError, Inbox,
    statement::{PARAMETER, Statement},
};
use crate::{
    backoff::random_fraction,
    drain::{Drain, Phase},
};

/// How often.
const INTERVAL: Duration = Duration::from_hours(1);

/// The first time is within this: a process may not live for an hour.
const FIRST: Duration = Duration::from_secs(10);

/// Rows in one transaction: short enough that nobody waits for it.
const BATCH: usize = 1_000;

/// Between two batches, so that a large backlog does not take the server from those who work.
const PAUSE: Duration = Duration::from_millis(100);

impl Inbox {
    /// Prunes every hour until the process drains, which does not wait for it: what a batch has not
    /// committed is for the next one.
    pub(crate) async fn keep_pruned(self: Arc<Self>, mut drain: Drain) {
        let mut wait = FIRST.mul_f64(random_fraction());
        loop {
            tokio::select! {
                () = drain.reached(Phase::Draining) => return,
                () = sleep(wait) => {}
            }
            let (inbox, runtime, until) = (Arc::clone(&self), Handle::current(), drain.clone());
            let pruning = spawn_blocking(move || {
                runtime.block_on(inbox.prune(&until));
            });
            tokio::select! {
                () = drain.reached(Phase::Draining) => return,
                ended = pruning => if let Err(panic) = ended {
                    tracing::error!(service = self.service, %panic, "pruning the inbox broke");
                }
            }
            // Between a half and the whole, so that processes that started at once do not meet each time.
            wait = INTERVAL.mul_f64(0.5 + random_fraction() / 2.0);
        }
    }

    async fn prune(&self, drain: &Drain) {
        let service = &*self.service;
        match self.prune_batches(drain).await {
            Ok(0) => tracing::debug!(service, "nothing to prune in the inbox"),
            Ok(rows) => tracing::info!(service, rows, "pruned the inbox"),
            Err(error) => tracing::warn!(service, %error, "the inbox was not pruned"),
        }
    }

    async fn prune_batches(&self, drain: &Drain) -> Result<usize, DatabaseError> {
        let mut connection = self.database.connect(&self.client).await?;
        let mut pruned = 0;
        while drain.phase() == Phase::Running {
            let batch = self.prune_batch(&mut connection).await;
            let batch = batch.map_err(DatabaseError::Commit)?;
            pruned += batch;
            if batch < BATCH {
                break;
            }
            sleep(PAUSE).await;
        }
        Ok(pruned)
    }

    /// Says how many rows it deleted: none, too, when another process is at it.
    async fn prune_batch(&self, connection: &mut Connection) -> diesel::QueryResult<usize> {
        let p = PARAMETER;
        let lock = format!(
            "SELECT pg_try_advisory_xact_lock(hashtext('slingshot_inbox'), hashtext({p}))::text"
        );
        let table = &self.table;
        let delete = format!(
            "DELETE FROM {table} WHERE ctid = ANY (ARRAY(SELECT ctid FROM {table}
                WHERE service = {p} AND processed_at < now() - {p}::interval
                ORDER BY processed_at LIMIT {BATCH}))"
        );
        let keep = format!("{} seconds", self.keep.as_secs());
        connection.begin().await?;
        let locked = Statement {
            sql: &lock,
            parameters: &[&self.service],
        };
        if connection.text(locked).await?.as_deref() != Some("true") {
            connection.roll_back().await?;
            return Ok(0);
        }
        let deleted = Statement {
            sql: &delete,
            parameters: &[&self.service, &keep],
        };
        let deleted = connection.execute(deleted).await?;
        connection.commit().await?;
        Ok(deleted)
    }
}

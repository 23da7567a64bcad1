//! What `slingshot doctor` looks at. Nothing here changes anything, but for a probe that is asked for.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use aws_smithy_types::date_time::{DateTime, Format};
use slingshot_topology::{
    SecretReference,
    sys_map::{self, ObjectStorage, RabbitMq},
};
use tokio::{runtime::Handle, task::spawn_blocking};

use super::{ClientError, Objects, Queues};
use crate::{
    amqp::{self, BrokerVersion, Difference, QueueDepth},
    database::Database,
    environment::Environment,
    secret, tls,
};

/// How long a server may take to say what time it is.
const CLOCK_TIMEOUT: Duration = Duration::from_secs(5);

/// A queue as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueState {
    /// Its messages and consumers.
    pub depth: QueueDepth,
    /// How it is not as it would be declared.
    pub difference: Option<Difference>,
}

/// A database as a service would find it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatabaseState {
    /// `15.14`.
    pub version: String,
    /// Whether the role may make tables in its schema.
    pub makes_tables: bool,
    /// Whether the table of `deduplicate` is there.
    pub has_inbox: bool,
}

/// Whether a clock is ahead of ours, or behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockSkew {
    /// By how much, to the second.
    pub by: Duration,
    /// Whether it is ours that is behind.
    pub ours_is_behind: bool,
}

impl Queues {
    /// Looks at a queue; none when there is no such queue.
    ///
    /// # Errors
    ///
    /// [`ClientError::Broker`].
    pub async fn inspect(
        &self,
        queue: &str,
        queue_type: Option<&str>,
    ) -> Result<Option<QueueState>, ClientError> {
        let Some(depth) = self.connection.queue_depth(queue).await? else {
            return Ok(None);
        };
        let difference = self.connection.difference(queue, queue_type).await?;
        Ok(Some(QueueState { depth, difference }))
    }
}

impl Objects {
    /// Whether there is such a bucket, and its list may be read.
    ///
    /// # Errors
    ///
    /// [`ClientError::Objects`] if there is not, or may not.
    pub async fn inspect(&self, bucket: &str) -> Result<(), ClientError> {
        Ok(self.store.inspect(bucket).await?)
    }

    /// Writes an object that no id names, and deletes it.
    ///
    /// # Errors
    ///
    /// [`ClientError::Objects`].
    pub async fn probe(&self, bucket: &str) -> Result<(), ClientError> {
        Ok(self.store.probe(bucket).await?)
    }
}

/// Whether a secret is where its reference says. It is not kept.
///
/// # Errors
///
/// [`ClientError::Secret`].
pub async fn find_secret(reference: &SecretReference) -> Result<(), ClientError> {
    drop(secret::resolve(reference).await?);
    Ok(())
}

/// Who answers at a broker's address; none over TLS, and where something else answers.
pub async fn broker_version(endpoint: &RabbitMq) -> Option<BrokerVersion> {
    amqp::greeting(endpoint).await
}

/// Logs in to a database and looks around.
///
/// # Errors
///
/// [`ClientError::Secret`] and [`ClientError::Database`].
pub async fn inspect_database(endpoint: &sys_map::Database) -> Result<DatabaseState, ClientError> {
    tls::install();
    let database = Arc::new(Database::resolve(endpoint.clone(), "doctor").await?);
    let runtime = Handle::current();
    // libpq blocks.
    let inspected = spawn_blocking(move || runtime.block_on(database.inspect())).await;
    let inspected = inspected.map_err(|panic| ClientError::Database(panic.into()))?;
    let (version, makes_tables, has_inbox) =
        inspected.map_err(|error| ClientError::Database(error.into()))?;
    Ok(DatabaseState {
        version,
        makes_tables,
        has_inbox,
    })
}

/// Compares our clock with an object store's, which refuses requests of another time than its own. None when it
/// does not say.
pub async fn clock_skew(endpoint: &ObjectStorage) -> Option<ClockSkew> {
    tls::install();
    let url = match &endpoint.host {
        host if host.contains("://") => host.clone(),
        host => format!("https://{host}"),
    };
    let http = reqwest::Client::builder()
        .timeout(CLOCK_TIMEOUT)
        .no_proxy()
        .build()
        .ok()?;
    let answer = http.head(url).send().await.ok()?;
    let date = answer.headers().get("date")?.to_str().ok()?;
    let theirs = DateTime::from_str(date, Format::HttpDate).ok()?.secs();
    let ours = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let ours = i64::try_from(ours.ok()?.as_secs()).ok()?;
    Some(ClockSkew {
        by: Duration::from_secs(ours.abs_diff(theirs)),
        ours_is_behind: ours < theirs,
    })
}

/// Where services started from here keep the files that they write, until they are objects.
pub fn staging_directory() -> Option<std::path::PathBuf> {
    Some(Environment::read().ok()?.staging)
}

/// The sys-map that services started from here would ask.
pub fn sys_map_host() -> Option<String> {
    Environment::read().ok()?.sys_map
}

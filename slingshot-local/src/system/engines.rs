//! The engines: broker, object store and database, each started if it is needed and nobody named one.

use std::path::Path;

use slingshot_topology::sys_map::{self as endpoint, RabbitMq};

use super::{
    FREE_LOOPBACK, LocalConfig, LocalError, bucket_names,
    secrets::{Kept, Secrets},
};
use crate::{
    broker::{Broker, BrokerConfig},
    database::{Database, DatabaseConfig},
    objects::{ObjectStore, ObjectStoreConfig},
    sys_map::Engines,
};

/// The user of the broker.
const USER: &str = "slingshot";
/// What requests to the object store are signed for; it does not ask.
const REGION: &str = "us-east-1";

/// The engines that run, each with what the sys-map must say about its secrets.
pub(super) struct Started {
    pub(super) broker: Option<(Broker, Kept)>,
    pub(super) objects: Option<(ObjectStore, Kept, Kept)>,
    pub(super) database: Option<(Database, Kept)>,
}

type Outcome<T> = Result<Option<T>, LocalError>;

impl Started {
    /// Starts them side by side.
    pub(super) async fn start(
        config: &LocalConfig,
        directory: &Path,
        secrets: &Secrets,
    ) -> Result<Self, LocalError> {
        let (broker, objects, database) = tokio::join!(
            start_broker(config, directory, secrets),
            start_objects(config, directory, secrets),
            start_database(config, directory, secrets),
        );
        Self::of(broker, objects, database).await
    }

    /// What the sys-map says of them.
    pub(super) fn endpoints(&self) -> Engines {
        Engines {
            rabbitmq: self
                .broker
                .as_ref()
                .map(|(broker, password)| rabbitmq(broker, password)),
            database: self
                .database
                .as_ref()
                .map(|(database, password)| postgres(database, password)),
            object_storage: self
                .objects
                .as_ref()
                .map(|(objects, access, secret)| object_storage(objects, access, secret)),
        }
    }

    /// All of them, or the first error after those that run have been stopped.
    async fn of(
        broker: Outcome<(Broker, Kept)>,
        objects: Outcome<(ObjectStore, Kept, Kept)>,
        database: Outcome<(Database, Kept)>,
    ) -> Result<Self, LocalError> {
        let mut errors = Vec::new();
        let started = Self {
            broker: broker.unwrap_or_else(|error| note(&mut errors, error)),
            objects: objects.unwrap_or_else(|error| note(&mut errors, error)),
            database: database.unwrap_or_else(|error| note(&mut errors, error)),
        };
        match errors.into_iter().next() {
            None => Ok(started),
            Some(error) => {
                started.shutdown().await;
                Err(error)
            }
        }
    }

    pub(super) async fn shutdown(self) {
        stop(
            self.broker.map(|(broker, _)| broker),
            self.objects.map(|(objects, ..)| objects),
            self.database.map(|(database, _)| database),
        )
        .await;
    }
}

fn note<T>(errors: &mut Vec<LocalError>, error: LocalError) -> Option<T> {
    errors.push(error);
    None
}

/// The engines do not know each other, so they stop together.
pub(super) async fn stop(
    broker: Option<Broker>,
    objects: Option<ObjectStore>,
    database: Option<Database>,
) {
    tokio::join!(
        async {
            if let Some(broker) = broker {
                broker.shutdown().await;
            }
        },
        async {
            if let Some(objects) = objects {
                objects.shutdown().await;
            }
        },
        async {
            if let Some(database) = database {
                database.shutdown().await;
            }
        },
    );
}

async fn start_broker(
    config: &LocalConfig,
    directory: &Path,
    secrets: &Secrets,
) -> Outcome<(Broker, Kept)> {
    if config.system.rabbitmq.is_some() {
        return Ok(None);
    }
    let password = secrets.keep("broker-password")?;
    let broker = Broker::start(BrokerConfig {
        address: FREE_LOOPBACK,
        directory: directory.join("broker"),
        username: USER.to_owned(),
        password: password.secret.expose().to_owned(),
    });
    Ok(Some((broker.await?, password)))
}

async fn start_objects(
    config: &LocalConfig,
    directory: &Path,
    secrets: &Secrets,
) -> Outcome<(ObjectStore, Kept, Kept)> {
    if !config.objects || config.system.object_storage.is_some() {
        return Ok(None);
    }
    let access_key = secrets.keep("object-access-key")?;
    let secret_key = secrets.keep("object-secret-key")?;
    let objects = ObjectStore::start(ObjectStoreConfig {
        address: FREE_LOOPBACK,
        directory: directory.join("objects"),
        access_key: access_key.secret.expose().to_owned(),
        secret_key: secret_key.secret.clone(),
        buckets: bucket_names(&config.system),
    });
    Ok(Some((objects.await?, access_key, secret_key)))
}

async fn start_database(
    config: &LocalConfig,
    directory: &Path,
    secrets: &Secrets,
) -> Outcome<(Database, Kept)> {
    if !config.database || config.system.database.is_some() {
        return Ok(None);
    }
    let password = secrets.keep("database-password")?;
    let database = Database::start(DatabaseConfig {
        directory: directory.to_owned(),
        password: password.secret.clone(),
        webassembly: config.webassembly.clone(),
        environment: config.environment.clone(),
    });
    Ok(Some((database.await?, password)))
}

fn rabbitmq(broker: &Broker, password: &Kept) -> RabbitMq {
    RabbitMq {
        host: broker.address().ip().to_string(),
        port: broker.address().port(),
        username: USER.to_owned(),
        password: password.reference.clone(),
        tls: false,
        vhost: "/".to_owned(),
    }
}

fn object_storage(
    objects: &ObjectStore,
    access_key: &Kept,
    secret_key: &Kept,
) -> endpoint::ObjectStorage {
    endpoint::ObjectStorage {
        host: format!("http://{}", objects.address()),
        region: REGION.to_owned(),
        access_key: access_key.reference.clone(),
        secret_key: secret_key.reference.clone(),
    }
}

fn postgres(database: &Database, password: &Kept) -> endpoint::Database {
    let at = database.endpoint();
    endpoint::Database {
        host: at.host.to_string(),
        port: at.port,
        username: at.username.clone(),
        database: at.database.clone(),
        password: password.reference.clone(),
        tls: false,
    }
}

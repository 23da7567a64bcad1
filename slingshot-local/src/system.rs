//! The whole embedded system: what `slingshot.toml` does not name, started together.

mod error;
mod lock;
mod secrets;

use std::{
    collections::BTreeSet,
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf, absolute},
    sync::Arc,
};

use slingshot_topology::{
    System,
    sys_map::{self as endpoint, RabbitMq},
};
use tokio::task::JoinHandle;

pub use self::error::LocalError;
use self::{
    lock::Lock,
    secrets::{Kept, Secrets},
};
use crate::{
    Environment,
    broker::{Broker, BrokerConfig},
    database::{Database, DatabaseConfig, Place},
    objects::{Buckets, ObjectStore, ObjectStoreConfig},
    sys_map::{Engines, SysMapConfig, SysMapServer, SysMapSource},
};

/// Every part takes a free port on loopback.
const FREE_LOOPBACK: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
/// The user of the broker and, as access key, of the object store.
const USER: &str = "slingshot";
const REGION: &str = "us-east-1";

/// Which parts to start, and where they keep their state.
#[derive(Clone, Debug)]
pub struct LocalConfig {
    /// The project's `.slingshot` directory.
    pub directory: PathBuf,
    /// The system as declared. Engines that it names are used, not started.
    pub system: System,
    /// The file that declares it, to follow its changes; `None` serves `system` as it is.
    pub file: Option<PathBuf>,
    /// Whether any service works with objects.
    pub objects: bool,
    /// Whether any service takes a database connection.
    pub database: bool,
    /// The program `slingshot-postgres`, if it has been built.
    pub webassembly: Option<PathBuf>,
    /// Where programs are looked for.
    pub environment: Environment,
}

/// A part that runs inside, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// What it is: `broker`, `object store`, `database` or `sys-map`.
    pub name: &'static str,
    /// Where it listens.
    pub address: SocketAddr,
    /// What stands behind it, and where its state is.
    pub about: String,
}

/// The running embedded system. Its directory is locked until it is shut down.
#[derive(Debug)]
pub struct LocalSystem {
    directory: PathBuf,
    broker: Option<Broker>,
    objects: Option<ObjectStore>,
    database: Option<Database>,
    sys_map: SysMapServer,
    new_buckets: Option<JoinHandle<()>>,
    // Last, so that it is let go of last.
    lock: Lock,
}

impl LocalSystem {
    /// Starts everything that the system needs and does not name.
    ///
    /// # Errors
    ///
    /// [`LocalError`] says which part failed; those that had started are stopped again.
    pub async fn start(config: LocalConfig) -> Result<Self, LocalError> {
        let directory = absolute(&config.directory)
            .map_err(|source| LocalError::directory(&config.directory, source))?;
        let lock = Lock::take(&directory)?;
        let secrets = Secrets::open(&directory)?;
        let mut engines = Engines::default();
        let broker = start_broker(&config, &directory, &secrets);
        let objects = start_objects(&config, &directory, &secrets);
        let database = start_database(&config, &directory, &secrets);
        let (broker, objects, database) = tokio::join!(broker, objects, database);
        let started = Started::of(broker, objects, database).await?;
        if let Some((broker, password)) = &started.broker {
            engines.rabbitmq = Some(rabbitmq(broker, password));
        }
        if let Some((objects, access, secret)) = &started.objects {
            engines.object_storage = Some(object_storage(objects, access, secret));
        }
        if let Some((database, password)) = &started.database {
            engines.database = Some(postgres(database, password));
        }
        let source = match config.file {
            Some(file) => SysMapSource::File(file),
            None => SysMapSource::System(Box::new(config.system)),
        };
        let serve = SysMapConfig {
            address: FREE_LOOPBACK,
            source,
            engines,
        };
        let sys_map = match SysMapServer::start(serve).await {
            Ok(sys_map) => sys_map,
            Err(error) => {
                started.shutdown().await;
                return Err(error.into());
            }
        };
        let new_buckets = started
            .objects
            .as_ref()
            .map(|(objects, ..)| tokio::spawn(make_buckets(sys_map.system(), objects.buckets())));
        Ok(Self {
            directory,
            broker: started.broker.map(|(broker, _)| broker),
            objects: started.objects.map(|(objects, ..)| objects),
            database: started.database.map(|(database, _)| database),
            sys_map,
            new_buckets,
            lock,
        })
    }

    /// What services are given as `SLINGSHOT_SYS_MAP`.
    pub fn sys_map_url(&self) -> String {
        self.sys_map.url()
    }

    /// The system with every engine, as the sys-map serves it now.
    pub fn system(&self) -> Arc<System> {
        Arc::clone(&self.sys_map.system().borrow())
    }

    /// The embedded broker, if there is one.
    pub fn broker(&self) -> Option<&Broker> {
        self.broker.as_ref()
    }

    /// The parts that run inside.
    pub fn parts(&self) -> Vec<Part> {
        let within = |path: &str| self.directory.join(path).display().to_string();
        let broker = self.broker.as_ref().map(|broker| Part {
            name: "broker",
            address: broker.address(),
            about: format!("AMQP 0-9-1, queues in {}", within("broker")),
        });
        let objects = self.objects.as_ref().map(|objects| Part {
            name: "object store",
            address: objects.address(),
            about: format!("S3, buckets in {}", within("objects")),
        });
        let database = self.database.as_ref().map(|database| Part {
            name: "database",
            address: (database.endpoint().host, database.endpoint().port).into(),
            about: format!("{}, log in {}", database.origin(), within("postgres.log")),
        });
        let sys_map = Some(Part {
            name: "sys-map",
            address: self.sys_map.address(),
            about: self.sys_map.url(),
        });
        [broker, objects, database, sys_map]
            .into_iter()
            .flatten()
            .collect()
    }

    /// Stops everything. Call it when no service runs any more.
    pub async fn shutdown(self) {
        let Self {
            directory: _,
            broker,
            objects,
            database,
            sys_map,
            new_buckets,
            lock,
        } = self;
        if let Some(task) = new_buckets {
            task.abort();
        }
        sys_map.shutdown().await;
        stop(broker, objects, database).await;
        drop(lock);
    }
}

/// Removes the state of a project: queues, objects, database and secrets.
///
/// # Errors
///
/// [`LocalError::InUse`] while a `slingshot run` is at work there.
pub fn reset(directory: &Path) -> Result<(), LocalError> {
    let directory =
        absolute(directory).map_err(|source| LocalError::directory(directory, source))?;
    if !directory.is_dir() {
        return Ok(());
    }
    let lock = Lock::take(&directory)?;
    Place::remove(&directory).map_err(crate::database::DatabaseError::from)?;
    // Each by its name: what else lies in the directory is not ours to remove.
    for name in ["broker", "objects", "secrets"] {
        let path = directory.join(name);
        match std::fs::remove_dir_all(&path) {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                return Err(LocalError::directory(&path, source));
            }
            _ => {}
        }
    }
    drop(lock);
    Ok(())
}

/// The engines that run, each with what the sys-map must say about its secrets.
struct Started {
    broker: Option<(Broker, Kept)>,
    objects: Option<(ObjectStore, Kept, Kept)>,
    database: Option<(Database, Kept)>,
}

type Outcome<T> = Result<Option<T>, LocalError>;

impl Started {
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

    async fn shutdown(self) {
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
async fn stop(broker: Option<Broker>, objects: Option<ObjectStore>, database: Option<Database>) {
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

/// Every bucket that some service names, once.
fn bucket_names(system: &System) -> Vec<String> {
    let buckets = system.services.iter().flat_map(|service| &service.buckets);
    let names: BTreeSet<_> = buckets.map(|bucket| bucket.name.value.clone()).collect();
    names.into_iter().collect()
}

/// Makes the buckets that a changed `slingshot.toml` names.
async fn make_buckets(mut system: tokio::sync::watch::Receiver<Arc<System>>, buckets: Buckets) {
    while system.changed().await.is_ok() {
        let names = bucket_names(&system.borrow_and_update());
        if let Err(error) = buckets.create(names).await {
            tracing::warn!(%error, "a bucket of the changed sys-map cannot be made");
        }
    }
}

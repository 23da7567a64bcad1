//! The whole embedded system: what `slingshot.toml` does not name, started together.

mod engines;
mod error;
mod lock;
mod secrets;

use std::{
    collections::BTreeSet,
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf, absolute},
    sync::Arc,
};

use slingshot_topology::System;
use tokio::task::JoinHandle;

pub use self::error::LocalError;
use self::{
    engines::{Started, stop},
    lock::Lock,
    secrets::Secrets,
};
use crate::{
    Environment,
    broker::Broker,
    database::{Database, DatabaseError, Place},
    objects::{Buckets, ObjectStore},
    sys_map::{SysMapConfig, SysMapServer, SysMapSource},
};

/// Every part takes a free port on loopback.
const FREE_LOOPBACK: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

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
        let started = Started::start(&config, &directory, &secrets).await?;
        let source = match config.file {
            Some(file) => SysMapSource::File(file),
            None => SysMapSource::System(Box::new(config.system)),
        };
        let serve = SysMapConfig {
            address: FREE_LOOPBACK,
            source,
            engines: started.endpoints(),
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
    Place::remove(&directory).map_err(DatabaseError::from)?;
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

/// Every bucket that some service names, and the one of the handlers' files, once.
fn bucket_names(system: &System) -> Vec<String> {
    let buckets = system.services.iter().flat_map(|service| &service.buckets);
    let files = system.http.iter().filter_map(|http| http.files.clone());
    let names = buckets.map(|bucket| bucket.name.value.clone());
    let names: BTreeSet<_> = names.chain(files).collect();
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

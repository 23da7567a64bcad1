//! Everything around the services: engines, a proxy in front of each, and the sys-map that leads there.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::Result;
use diesel::connection::SimpleConnection as _;
use slingshot_local::sys_map::{Engines, SysMapConfig, SysMapServer, SysMapSource};

use crate::{
    engines::{
        Guardian,
        object_store::{BUCKETS, KEY, ObjectStore},
        postgresql::PostgreSql,
        rabbitmq::RabbitMq,
    },
    fleet::{Fleet, Launch},
    pipeline::{REPLICAS, SERVICES},
    proxy::Proxy,
    tap::Tap,
};

/// What the services write to. Nothing is unique: what is done twice is there twice.
const TABLES: &str = "
    CREATE TABLE stamped (part bigint NOT NULL, token bigint NOT NULL);
    CREATE INDEX ON stamped (token);
    CREATE TABLE tallied (token bigint NOT NULL, known boolean NOT NULL);
";

#[derive(Debug)]
pub(crate) struct System {
    pub(crate) fleet: Fleet,
    pub(crate) tap: Arc<Tap>,
    pub(crate) rabbitmq: RabbitMq,
    pub(crate) postgresql: PostgreSql,
    pub(crate) objects: ObjectStore,
    pub(crate) to_broker: Proxy,
    pub(crate) to_database: Proxy,
    pub(crate) to_objects: Proxy,
    pub(crate) to_sys_map: Proxy,
    _sys_map: SysMapServer,
    directory: PathBuf,
}

impl System {
    /// Starts everything in a directory that is there and empty, with `stamp` as an interpreter's if one is given.
    pub(crate) async fn start(directory: &Path, python: Option<PathBuf>) -> Result<Self> {
        // PostgreSQL runs as somebody else when this runs as root.
        fs::set_permissions(directory, fs::Permissions::from_mode(0o711))?;
        for name in ["logs", "secrets"] {
            fs::create_dir(directory.join(name))?;
        }
        let guardian = Arc::new(Guardian::start(directory)?);
        let (rabbit, postgres) = (directory.join("rabbitmq"), directory.join("postgresql"));
        let (rabbitmq, postgresql) = tokio::try_join!(
            RabbitMq::start(&rabbit, &guardian),
            PostgreSql::start(&postgres, &guardian),
        )?;
        postgresql.connect().await?.batch_execute(TABLES)?;
        let objects = ObjectStore::start(&directory.join("objects")).await?;
        let tap = Tap::new();
        let to_broker = Proxy::start(rabbitmq.address(), Some(Arc::clone(&tap))).await?;
        let to_database = Proxy::start(postgresql.address(), None).await?;
        let to_objects = Proxy::start(objects.address(), None).await?;
        let map = directory.join("slingshot.toml");
        let proxies = [&to_broker, &to_database, &to_objects];
        fs::write(&map, declared(&directory.join("secrets"), proxies)?)?;
        let sys_map = SysMapServer::start(SysMapConfig {
            address: ([127, 0, 0, 1], 0).into(),
            source: SysMapSource::File(map),
            engines: Engines::default(),
        })
        .await?;
        let to_sys_map = Proxy::start(sys_map.address(), None).await?;
        let fleet = Fleet::start(Launch {
            directory: directory.to_owned(),
            sys_map: format!("http://{}", to_sys_map.address()),
            guardian,
            python,
        });
        Ok(Self {
            fleet,
            tap,
            rabbitmq,
            postgresql,
            objects,
            to_broker,
            to_database,
            to_objects,
            to_sys_map,
            _sys_map: sys_map,
            directory: directory.to_owned(),
        })
    }

    /// Directories of staged files that no process is there to own.
    pub(crate) fn staged(&self) -> Vec<String> {
        let services = SERVICES.map(|service| self.directory.join("staging").join(service));
        let entries = services.iter().flat_map(fs::read_dir).flatten().flatten();
        let left = entries
            .map(|entry| entry.path())
            .filter(|path| path.is_dir());
        left.map(|path| path.display().to_string()).collect()
    }

    pub(crate) async fn shutdown(self) -> Result<()> {
        drop(self.fleet);
        self.postgresql.end(rustix::process::Signal::INT).await?;
        self.rabbitmq.shutdown().await
    }
}

/// The `slingshot.toml` of the three services.
fn declared(secrets: &Path, [broker, database, objects]: [&Proxy; 3]) -> Result<String> {
    for (name, secret) in [("guest", "guest"), ("postgres", "postgres"), ("key", KEY)] {
        fs::write(secrets.join(name), secret)?;
    }
    let place = secrets.display();
    let [broker, database] = [broker, database].map(|proxy| proxy.address().port());
    let objects = objects.address();
    let [split, stamp, tally] = SERVICES.map(|service| format!("chaos.{service}"));
    let [wholes, stamps] = BUCKETS;
    Ok(format!(
        r#"
[services.split]
in = "{split}"
replicas = {REPLICAS}
buckets = {{ wholes = "{wholes}" }}
out = [{{ case = "part", queues = ["{stamp}"] }}]

[services.stamp]
in = "{stamp}"
replicas = {REPLICAS}
buckets = {{ wholes = "{wholes}", stamps = "{stamps}" }}
out = [{{ case = "token", queues = ["{tally}"] }}]

[services.tally]
in = "{tally}"
replicas = {REPLICAS}

[rabbitmq]
host = "127.0.0.1"
port = {broker}
username = "guest"
password = "file:{place}/guest"

[database]
host = "127.0.0.1"
port = {database}
username = "postgres"
database = "postgres"
password = "file:{place}/postgres"

[object-storage]
host = "http://{objects}"
region = "here"
access-key = "file:{place}/key"
secret-key = "file:{place}/key"
"#
    ))
}

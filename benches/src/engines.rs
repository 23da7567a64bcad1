//! What the contestants work on: RabbitMQ, PostgreSQL, an object store and the sys-map that leads to them.

use std::{collections::BTreeMap, fmt::Write as _, path::PathBuf, process::Stdio};

use anyhow::{Context as _, Result, ensure};
use aws_sdk_s3::{
    Client,
    primitives::ByteStream,
    types::{CompletedMultipartUpload, CompletedPart},
};
use diesel::{
    Connection as _, PgConnection, QueryableByName, RunQueryDsl as _,
    connection::SimpleConnection as _, sql_query, sql_types::BigInt,
};
use lapin::uri::AMQPUri;
use slingshot_local::{
    Secret,
    objects::{ObjectStore, ObjectStoreConfig},
    sys_map::{Engines as NoEngines, SysMapConfig, SysMapServer, SysMapSource},
};
use slingshot_topology::{SourceFile, read_toml};
use tempfile::TempDir;
use tokio::process::Command;

use crate::{
    by_hand::objects::client,
    contestant::Contestant,
    process::Process,
    queues::{IN, OUT},
};

/// How many objects there are to read: a message reads the one that its id leads to.
pub(crate) const INPUTS: u64 = 64;
pub(crate) const READ_BUCKET: &str = "bench-in";
pub(crate) const WRITE_BUCKET: &str = "bench-out";
pub(crate) const ACCESS_KEY: &str = "bench";
pub(crate) const SECRET_KEY: &str = "bench-secret";
pub(crate) const INSERT: &str = "INSERT INTO slingshot_bench (id) VALUES ($1)";

/// The variables by which services learn their secrets.
pub(crate) const SECRETS: [&str; 4] = [
    "SLINGSHOT_BENCH_RABBITMQ",
    "SLINGSHOT_BENCH_DATABASE",
    "SLINGSHOT_BENCH_ACCESS_KEY",
    "SLINGSHOT_BENCH_SECRET_KEY",
];

const MIB: u64 = 1024 * 1024;

/// The parts of the large object.
const PART: u64 = 16 * MIB;

/// RabbitMQ and PostgreSQL, which run already.
pub(crate) struct Engines {
    pub(crate) rabbitmq: String,
    pub(crate) database: String,
    broker: AMQPUri,
    server: PostgreSql,
}

struct PostgreSql {
    host: String,
    port: u16,
    username: String,
    password: String,
    database: String,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    rows: i64,
}

impl Engines {
    pub(crate) fn new(rabbitmq: &str, database: &str) -> Result<Self> {
        Ok(Self {
            rabbitmq: rabbitmq.to_owned(),
            database: database.to_owned(),
            broker: rabbitmq.parse().map_err(anyhow::Error::msg)?,
            server: PostgreSql::parse(database)
                .context("the database is to be postgres://USER[:PASSWORD]@HOST:PORT/DATABASE")?,
        })
    }

    /// The values of [`SECRETS`].
    pub(crate) fn secrets(&self) -> [&str; 4] {
        let broker = &self.broker.authority.userinfo.password;
        [broker, &self.server.password, ACCESS_KEY, SECRET_KEY]
    }

    /// An empty table.
    pub(crate) fn fresh_table(&self) -> Result<()> {
        let mut connection = PgConnection::establish(&self.database)?;
        Ok(connection.batch_execute(
            "DROP TABLE IF EXISTS slingshot_bench; CREATE TABLE slingshot_bench (id bigint PRIMARY KEY)",
        )?)
    }

    pub(crate) fn check_table(&self, ids: u64) -> Result<()> {
        let mut connection = PgConnection::establish(&self.database)?;
        let count: Count = sql_query("SELECT count(*) AS rows FROM slingshot_bench")
            .get_result(&mut connection)?;
        ensure!(count.rows == i64::try_from(ids)?, "{} rows", count.rows);
        Ok(())
    }

    fn toml(&self, services: &str, store: Option<&str>) -> String {
        let (broker, server) = (&self.broker.authority, &self.server);
        let mut text = format!(
            "{services}\n[rabbitmq]\nhost = {:?}\nport = {}\nusername = {:?}\nvhost = {:?}\n\
             password = \"env:{}\"\n[database]\nhost = {:?}\nport = {}\nusername = {:?}\n\
             database = {:?}\npassword = \"env:{}\"\n",
            broker.host,
            broker.port,
            broker.userinfo.username,
            self.broker.vhost,
            SECRETS[0],
            server.host,
            server.port,
            server.username,
            server.database,
            SECRETS[1],
        );
        if let Some(store) = store {
            write!(
                text,
                "[object-storage]\nhost = {store:?}\nregion = \"us-east-1\"\n\
                 access-key = \"env:{}\"\nsecret-key = \"env:{}\"\n",
                SECRETS[2], SECRETS[3],
            )
            .expect("a String takes everything");
        }
        text
    }
}

impl PostgreSql {
    fn parse(url: &str) -> Option<Self> {
        let (user, place) = url.strip_prefix("postgres://")?.split_once('@')?;
        let (username, password) = user.split_once(':').unwrap_or((user, "none"));
        let (server, database) = place.split_once('/')?;
        let (host, port) = server.split_once(':')?;
        Some(Self {
            host: host.to_owned(),
            port: port.parse().ok()?,
            username: username.to_owned(),
            password: password.to_owned(),
            database: database.to_owned(),
        })
    }
}

/// What one race needs beside them.
pub(crate) struct Stage {
    sys_map: SysMapServer,
    store: Option<Store>,
}

struct Store {
    url: String,
    client: Client,
    _process: Process,
    _directory: TempDir,
}

impl Stage {
    /// A sys-map for the contestant, and an object store if it uses one.
    pub(crate) async fn open(engines: &Engines, contestant: &Contestant) -> Result<Self> {
        let store = match contestant.object_size {
            Some(_) => Some(Store::start().await?),
            None => None,
        };
        let url = store.as_ref().map(|store| store.url.as_str());
        let text = engines.toml(&contestant.system(), url);
        let (system, findings) = read_toml(&SourceFile::new("bench.toml", &text));
        ensure!(
            findings.is_empty(),
            "the bench's own system is broken: {findings:?}"
        );
        let config = SysMapConfig {
            address: ([127, 0, 0, 1], 0).into(),
            source: SysMapSource::System(Box::new(system)),
            engines: NoEngines::default(),
        };
        let sys_map = SysMapServer::start(config).await?;
        Ok(Self { sys_map, store })
    }

    /// The part of `slingshot.toml` that says what a service is connected to.
    pub(crate) fn system(name: &str, replicas: u16, prefetch: u16) -> String {
        format!(
            "[services.{name}]\nin = \"{IN}\"\nreplicas = {replicas}\nprefetch = {prefetch}\n\
             buckets = {{ in = \"{READ_BUCKET}\", out = \"{WRITE_BUCKET}\" }}\n\
             out = [{{ case = true, queues = [\"{OUT}\"] }}]\n"
        )
    }

    pub(crate) fn sys_map_url(&self) -> String {
        self.sys_map.url()
    }

    pub(crate) fn store_url(&self) -> Option<&str> {
        self.store.as_ref().map(|store| store.url.as_str())
    }

    /// Objects to read, all of one size.
    pub(crate) async fn fill(&self, size: usize) -> Result<()> {
        let Some(store) = &self.store else {
            return Ok(());
        };
        for id in 0..INPUTS {
            let write = store.client.put_object().bucket(READ_BUCKET);
            let body = ByteStream::from(vec![b'x'; size]);
            write.key(id.to_string()).body(body).send().await?;
        }
        Ok(())
    }

    /// One object of zeros.
    pub(crate) async fn fill_large(&self, id: u64, size: u64) -> Result<()> {
        let client = &self.store.as_ref().context("no store")?.client;
        let key = id.to_string();
        let upload = client
            .create_multipart_upload()
            .bucket(READ_BUCKET)
            .key(&key)
            .send()
            .await?;
        let upload = upload.upload_id().context("no upload id")?;
        let mut parts = Vec::new();
        for (number, _) in (1..).zip((0..size).step_by(usize::try_from(PART)?)) {
            let body = ByteStream::from(vec![0; usize::try_from(PART)?]);
            let part = client.upload_part().bucket(READ_BUCKET).key(&key);
            let part = part.upload_id(upload).part_number(number).body(body);
            let part = part.send().await?;
            let complete = CompletedPart::builder().part_number(number);
            let complete = complete.set_e_tag(part.e_tag);
            parts.push(complete.set_checksum_crc32(part.checksum_crc32).build());
        }
        let parts = CompletedMultipartUpload::builder().set_parts(Some(parts));
        client
            .complete_multipart_upload()
            .bucket(READ_BUCKET)
            .key(&key)
            .upload_id(upload)
            .multipart_upload(parts.build())
            .send()
            .await?;
        Ok(())
    }

    /// Every id has its object, of the right size, and there are no others.
    pub(crate) async fn check_objects(&self, ids: u64, size: usize) -> Result<()> {
        let Some(store) = &self.store else {
            return Ok(());
        };
        let written = store.written().await?;
        ensure!(
            written.len() == usize::try_from(ids)?,
            "{} objects were written",
            written.len()
        );
        let size = i64::try_from(size)?;
        ensure!(
            written.values().all(|length| *length == size),
            "an object has another size"
        );
        Ok(())
    }

    pub(crate) async fn large_size(&self, id: u64) -> Result<Option<i64>> {
        let store = self.store.as_ref().context("no store")?;
        Ok(store.written().await?.get(&id.to_string()).copied())
    }

    pub(crate) async fn close(self) {
        self.sys_map.shutdown().await;
    }
}

impl Store {
    async fn start() -> Result<Self> {
        let directory = tempfile::tempdir()?;
        let mut command = Command::new(std::env::current_exe()?);
        command
            .args(["--rabbitmq", "-", "--database", "-", "store", "--directory"])
            .arg(directory.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true);
        let mut process = Process::spawn(command)?;
        let url = format!("http://{}", process.line().await?);
        Ok(Self {
            client: client(&url),
            url,
            _process: process,
            _directory: directory,
        })
    }

    /// The sizes of all written objects, by key.
    async fn written(&self) -> Result<BTreeMap<String, i64>> {
        let mut written = BTreeMap::new();
        let listing = self.client.list_objects_v2().bucket(WRITE_BUCKET);
        let mut pages = listing.into_paginator().send();
        while let Some(page) = pages.next().await {
            for object in page?.contents.unwrap_or_default() {
                let key = object.key.context("an object has a key")?;
                written.insert(key, object.size.unwrap_or_default());
            }
        }
        Ok(written)
    }
}

/// Where the object store's process keeps its objects.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct StorePlace {
    #[arg(long)]
    directory: PathBuf,
}

impl StorePlace {
    /// Serves until the process is ended, and says where on the standard output.
    pub(crate) async fn serve(self) -> Result<()> {
        let store = ObjectStore::start(ObjectStoreConfig {
            address: ([127, 0, 0, 1], 0).into(),
            directory: self.directory,
            access_key: ACCESS_KEY.to_owned(),
            secret_key: Secret::new(SECRET_KEY),
            buckets: vec![READ_BUCKET.to_owned(), WRITE_BUCKET.to_owned()],
        })
        .await?;
        crate::table::say(&store.address().to_string());
        std::future::pending().await
    }
}

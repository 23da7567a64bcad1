//! One service in a process of its own, with queues of its own, and all that it needs around it.

use std::{
    fs,
    net::SocketAddr,
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};

use lapin::{
    BasicProperties,
    message::Delivery,
    options::{BasicAckOptions, QueueDeclareOptions, QueueDeleteOptions},
    types::FieldTable,
};
use slingshot_local::{
    Secret,
    objects::{ObjectStore, ObjectStoreConfig},
    sys_map::{Engines, SysMapConfig, SysMapServer, SysMapSource},
};
use tempfile::TempDir;
use tokio::time::{Instant, sleep};

use super::proxy::Proxy;
use crate::{
    brokers::{Client, Target, patiently},
    environment,
};

/// Gives the process a file system of its own: with so many bytes, at this place, for this program. The mount belongs
/// to a namespace of the process's, so that nobody needs to be root for it.
const ON_A_DISK: &str = r#"mkdir -p "$1" && mount -t tmpfs -o size="$2" disk "$1" && exec "$3""#;

const LOOK: Duration = Duration::from_millis(20);
/// How long a service may take to begin, and to end.
const PATIENCE: Duration = Duration::from_secs(40);

pub(crate) struct Host {
    pub(super) client: Client,
    /// Before the broker.
    pub(super) proxy: Proxy,
    /// Before the object store.
    pub(super) store: Proxy,
    /// Before the database, for a service that has one.
    pub(super) database: Option<Proxy>,
    service: String,
    /// Before the names of its queues, so that tests on one broker do not meet.
    prefix: String,
    directory: TempDir,
    sys_map: SysMapServer,
    _objects: ObjectStore,
    process: Option<Child>,
    starts: u32,
}

impl Host {
    /// A service that consumes.
    pub(super) async fn start(target: &Target, test: &str, service: &str) -> Self {
        let mut host = Self::prepare(target, test, service).await;
        host.spawn();
        host.consumes().await;
        host
    }

    /// Everything but the service's process.
    pub(crate) async fn prepare(target: &Target, test: &str, service: &str) -> Self {
        let directory = TempDir::new().unwrap();
        let client = target.client().await;
        let prefix = format!("services.{test}.");
        without_queues(&client, &prefix).await;
        let (_, broker) = target.url.rsplit_once('@').unwrap();
        let (broker, _) = broker.split_once('/').unwrap();
        let proxy = Proxy::start(broker.to_owned()).await;
        let objects = ObjectStore::start(ObjectStoreConfig {
            address: ([127, 0, 0, 1], 0).into(),
            directory: directory.path().join("objects"),
            access_key: "access".to_owned(),
            secret_key: Secret::new("secret".to_owned()),
            buckets: vec!["raw".to_owned(), "made".to_owned()],
        })
        .await
        .unwrap();
        let store = Proxy::start(objects.address().to_string()).await;
        for (name, secret) in [
            ("guest", "guest"),
            ("access", "access"),
            ("secret", "secret"),
        ] {
            fs::write(directory.path().join(name), secret).unwrap();
        }
        let map = directory.path().join("slingshot.toml");
        let place = directory.path().display().to_string();
        let mut text = system(&prefix, service, &place, proxy.address, store.address);
        let mut database = None;
        if service == "storing" {
            let server = environment::database_url();
            let (_, server) = server.rsplit_once('@').unwrap();
            let (server, name) = server.split_once('/').unwrap();
            let proxy = Proxy::start(server.to_owned()).await;
            text.push_str(&database_section(name, &place, proxy.address));
            database = Some(proxy);
        }
        fs::write(&map, text).unwrap();
        let sys_map = SysMapServer::start(SysMapConfig {
            address: ([127, 0, 0, 1], 0).into(),
            source: SysMapSource::File(map),
            engines: Engines::default(),
        })
        .await
        .unwrap();
        Self {
            client,
            proxy,
            store,
            database,
            service: service.to_owned(),
            prefix,
            directory,
            sys_map,
            _objects: objects,
            process: None,
            starts: 0,
        }
    }

    pub(super) fn spawn(&mut self) {
        self.spawn_with(&[]);
    }

    /// With more in its environment.
    pub(super) fn spawn_with(&mut self, environment: &[(&str, &str)]) {
        self.starts += 1;
        let mut command = self.command();
        command.envs(environment.iter().copied());
        let log = fs::File::create(self.log_file()).unwrap();
        self.process = Some(command.stderr(log).spawn().unwrap());
    }

    /// On a disk of so many bytes. Returns where that is for us.
    pub(super) fn spawn_on_a_disk(&mut self, size: u64) -> PathBuf {
        self.starts += 1;
        let service = self.command();
        let staging = self.place("staging");
        let mut command = Command::new("unshare");
        command
            .args(["--user", "--map-root-user", "--mount"])
            .args(["sh", "-c", ON_A_DISK, "sh"])
            .arg(&staging)
            .arg(size.to_string())
            .arg(service.get_program())
            .stdin(Stdio::null());
        for (name, value) in service.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        let log = fs::File::create(self.log_file()).unwrap();
        let process = command.stderr(log).spawn().unwrap();
        let root = PathBuf::from(format!("/proc/{}/root", process.id()));
        self.process = Some(process);
        root.join(staging.strip_prefix("/").unwrap())
    }

    /// What starts a process of the service.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_obedient-services"));
        command
            .env("SLINGSHOT_SYS_MAP", self.sys_map.url())
            .env("SLINGSHOT_SERVICES", &self.service)
            .env("SLINGSHOT_STAGING", self.directory.path().join("staging"))
            .env("SLINGSHOT_STATE", self.directory.path().join("state"))
            .env("SLINGSHOT_LOG", "json")
            .env("SLINGSHOT_ADMIN", "127.0.0.1:0")
            .env_remove("SLINGSHOT_REPORT")
            .env_remove("RUST_LOG")
            .stdin(Stdio::null());
        command
    }

    /// After its process was killed.
    pub(super) async fn restart(&mut self) {
        assert_eq!(self.ended().await, None);
        self.spawn();
        self.consumes().await;
    }

    pub(super) async fn consumes(&mut self) {
        self.says("\"consuming\"", 1).await;
    }

    /// Waits until the service has logged something that many times since its last start.
    pub(super) async fn says(&mut self, words: &str, times: usize) {
        let deadline = Instant::now() + PATIENCE;
        while self.log().matches(words).count() < times {
            let running = self.is_running();
            let waiting = running && Instant::now() < deadline;
            assert!(
                waiting,
                "it does not say {words} {times} times:\n{}",
                self.log()
            );
            sleep(LOOK).await;
        }
    }

    pub(super) fn is_running(&mut self) -> bool {
        let process = self.process.as_mut();
        process.is_some_and(|process| process.try_wait().unwrap().is_none())
    }

    pub(super) fn process(&self) -> u32 {
        self.process.as_ref().unwrap().id()
    }

    /// What the service's process logged since its last start.
    pub(super) fn log(&self) -> String {
        fs::read_to_string(self.log_file()).unwrap()
    }

    fn log_file(&self) -> PathBuf {
        self.place(&format!("log.{}", self.starts))
    }

    /// A file or directory beside the service's own.
    pub(crate) fn place(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub(super) fn queue(&self, name: &str) -> String {
        let own = matches!(name, "dlq") || name.starts_with("retry.");
        format!("{}{}{name}", self.prefix, if own { "in." } else { "" })
    }

    pub(crate) async fn send(&self, id: u64) {
        self.send_text(&id.to_string()).await;
    }

    pub(super) async fn send_text(&self, body: &str) {
        self.send_bytes(body.as_bytes()).await;
    }

    pub(super) async fn send_bytes(&self, body: &[u8]) {
        let persistent = BasicProperties::default().with_delivery_mode(2);
        self.send_with(body, persistent).await;
    }

    pub(super) async fn send_with(&self, body: &[u8], properties: BasicProperties) {
        self.client
            .publish_with(&self.queue("in"), body, properties)
            .await;
    }

    pub(crate) async fn send_all(&self, ids: impl IntoIterator<Item = u64>) {
        let ids: Vec<_> = ids.into_iter().collect();
        for some in ids.chunks(50) {
            futures_util::future::join_all(some.iter().map(|id| self.send(*id))).await;
        }
    }

    /// Waits until there is such a queue.
    pub(crate) async fn appears(&self, queue: &str) {
        let name = self.queue(queue);
        let passive = QueueDeclareOptions {
            passive: true,
            ..QueueDeclareOptions::default()
        };
        let deadline = Instant::now() + PATIENCE;
        loop {
            // A queue that is not there costs the channel.
            let channel = self.client.connection.create_channel().await.unwrap();
            let found = channel.queue_declare(name.as_str().into(), passive, FieldTable::default());
            if found.await.is_ok() {
                return;
            }
            assert!(Instant::now() < deadline, "no {queue}:\n{}", self.log());
            sleep(LOOK).await;
        }
    }

    pub(crate) async fn depth(&self, queue: &str) -> u32 {
        self.client.depth(&self.queue(queue)).await
    }

    /// Waits until a queue has that many messages ready.
    pub(crate) async fn depth_of(&self, queue: &str, count: u32) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let depth = self.depth(queue).await;
            if depth == count {
                return;
            }
            assert!(
                Instant::now() < deadline,
                "{queue} has {depth} messages, not {count}:\n{}",
                self.log()
            );
            sleep(LOOK).await;
        }
    }

    /// Waits until so many messages are left, and what was taken has begun.
    pub(super) async fn begins(&self, left: u32) {
        self.depth_of("in", left).await;
        sleep(Duration::from_millis(300)).await;
    }

    /// Takes every message of a queue.
    pub(super) async fn take(&self, queue: &str) -> Vec<Delivery> {
        let mut messages = Vec::new();
        while let Some(message) = self.client.get(&self.queue(queue)).await {
            message.acker.ack(BasicAckOptions::default()).await.unwrap();
            messages.push(message.delivery);
        }
        messages
    }

    pub(crate) async fn ids(&self, queue: &str) -> Vec<String> {
        let messages = self.take(queue).await;
        let ids = messages
            .iter()
            .map(|message| String::from_utf8_lossy(&message.data).into_owned());
        ids.collect()
    }

    /// Each dead letter's body, type and message.
    pub(super) async fn dead_letters(&self) -> Vec<String> {
        let letters = self.take("dlq").await;
        let shown = letters.iter().map(|letter| {
            let headers = letter.properties.headers().clone().unwrap_or_default();
            let header = |name: &str| match headers.inner().get(name) {
                Some(lapin::types::AMQPValue::LongString(text)) => text.to_string(),
                other => format!("{other:?}"),
            };
            let body: String = String::from_utf8_lossy(&letter.data)
                .chars()
                .take(20)
                .collect();
            let kind = header("x-slingshot-error-type");
            let message: String = header("x-slingshot-error-message")
                .chars()
                .take(90)
                .collect();
            format!("{body}: {kind}: {message}")
        });
        shown.collect()
    }

    /// Waits until each id has arrived in its queue, once or more often.
    pub(crate) async fn all_arrive(&self, ids: impl IntoIterator<Item = u64>) {
        let mut missing: std::collections::BTreeSet<_> = ids.into_iter().collect();
        let deadline = Instant::now() + PATIENCE;
        while !missing.is_empty() {
            for queue in ["even", "odd"] {
                for id in self.ids(queue).await {
                    missing.remove(&id.parse().unwrap());
                }
            }
            assert!(
                Instant::now() < deadline,
                "missing {missing:?}:\n{}",
                self.log()
            );
            sleep(LOOK).await;
        }
    }

    /// The object that the service wrote under an id.
    pub(super) fn object(&self, id: u64) -> Vec<u8> {
        fs::read(self.directory.path().join(format!("objects/made/{id}"))).unwrap()
    }

    /// How many staged files there are.
    pub(super) fn staged(&self) -> usize {
        let place = self.directory.path().join("staging").join(&self.service);
        fs::read_dir(place).unwrap().count()
    }

    pub(super) async fn signal(&self, name: &str) {
        let id = self.process.as_ref().unwrap().id().to_string();
        let sent = tokio::process::Command::new("kill")
            .args([&format!("-{name}"), &id])
            .status();
        assert!(sent.await.unwrap().success());
    }

    /// Waits for the end of the process. None: a signal ended it.
    pub(super) async fn ended(&mut self) -> Option<i32> {
        let mut process = self.process.take().unwrap();
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = process.try_wait().unwrap() {
                return status.code();
            }
            if Instant::now() > deadline {
                process.kill().unwrap();
                process.wait().unwrap();
                let log = self.log();
                assert_eq!("it does not end", log);
            }
            sleep(LOOK).await;
        }
    }

    pub(super) async fn terminate(&mut self) -> Option<i32> {
        self.signal("TERM").await;
        self.ended().await
    }

    /// Drains, so that what was taken is settled.
    pub(super) async fn finished(&mut self) {
        assert_eq!(patiently(self.terminate()).await, Some(0));
    }
}

async fn without_queues(client: &Client, prefix: &str) {
    let own = ["in", "even", "odd", "in.dlq"];
    let tiers = ["200ms", "400ms", "1s", "2s"].map(|delay| format!("in.retry.{delay}"));
    for queue in own.into_iter().chain(tiers.iter().map(String::as_str)) {
        let name = format!("{prefix}{queue}");
        let delete = QueueDeleteOptions::default();
        let deleted = client.channel.queue_delete(name.as_str().into(), delete);
        deleted.await.unwrap();
    }
}

/// The `slingshot.toml` of one service.
fn system(
    prefix: &str,
    service: &str,
    place: &str,
    broker: SocketAddr,
    objects: SocketAddr,
) -> String {
    format!(
        r#"
[services.{service}]
in = "{prefix}in"
buckets = {{ in = "raw", out = "made" }}
retry = {{ max = 3, initial = "200ms", factor = 2, max-delay = "5s" }}
out = [
  {{ case = "even", queues = ["{prefix}even"] }},
  {{ case = "odd", queues = ["{prefix}odd"] }},
  {{ case = "both", queues = ["{prefix}even", "{prefix}odd"] }},
  {{ case = "ends", queues = [] }},
  {{ case = true, queues = ["{prefix}even"] }},
]

[services.telling]
in = "{prefix}even"
out = []

[rabbitmq]
host = "127.0.0.1"
port = {}
username = "guest"
password = "file:{place}/guest"

[object-storage]
host = "http://{objects}"
region = "here"
access-key = "file:{place}/access"
secret-key = "file:{place}/secret"
"#,
        broker.port(),
    )
}

fn database_section(name: &str, place: &str, server: SocketAddr) -> String {
    format!(
        r#"
[database]
host = "127.0.0.1"
port = {}
username = "postgres"
database = "{name}"
password = "file:{place}/guest"
"#,
        server.port(),
    )
}

impl Drop for Host {
    fn drop(&mut self) {
        if let Some(process) = &mut self.process {
            drop(process.kill());
            drop(process.wait());
        }
    }
}

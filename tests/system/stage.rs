//! A service of `database_services.rs` in processes of its own, with queues and a database of its own.

mod postgres;

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use lapin::{
    BasicProperties, message::Delivery, options::BasicAckOptions, options::QueueDeleteOptions,
};
use slingshot_local::sys_map::{Engines, SysMapConfig, SysMapServer, SysMapSource};
use tempfile::TempDir;
use tokio::time::{Instant, sleep};

pub(crate) use self::postgres::Postgres;
use crate::{
    brokers::{Client, Target},
    services::proxy::Proxy,
};

const LOOK: Duration = Duration::from_millis(20);
/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(40);

pub(crate) struct Stage {
    pub(crate) client: Client,
    /// Between the service and its broker.
    pub(crate) proxy: Proxy,
    service: String,
    prefix: String,
    directory: TempDir,
    sys_map: SysMapServer,
    /// What else the processes find in their environment.
    pub(crate) variables: Vec<(&'static str, String)>,
    processes: Vec<(Child, PathBuf)>,
}

impl Stage {
    pub(crate) async fn new(
        target: &Target,
        test: &str,
        service: &str,
        postgres: &Postgres,
    ) -> Self {
        let directory = TempDir::new().unwrap();
        let client = target.client().await;
        let prefix = format!("stage.{test}.{service}.");
        for queue in ["in", "even", "odd", "in.dlq"] {
            let name = format!("{prefix}{queue}");
            let delete = QueueDeleteOptions::default();
            let deleted = client.channel.queue_delete(name.as_str().into(), delete);
            deleted.await.unwrap();
        }
        let (_, broker) = target.url.rsplit_once('@').unwrap();
        let (broker, _) = broker.split_once('/').unwrap();
        let proxy = Proxy::start(broker.to_owned()).await;
        fs::write(directory.path().join("guest"), "guest").unwrap();
        fs::write(directory.path().join("database"), &postgres.password).unwrap();
        let map = directory.path().join("slingshot.toml");
        let place = directory.path();
        let text = system(&prefix, service, place, proxy.address.port(), postgres);
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
            service: service.to_owned(),
            prefix,
            directory,
            sys_map,
            variables: Vec::new(),
            processes: Vec::new(),
        }
    }

    /// With one process that consumes.
    pub(crate) async fn start(
        target: &Target,
        test: &str,
        service: &str,
        postgres: &Postgres,
    ) -> Self {
        let mut stage = Self::new(target, test, service, postgres).await;
        stage.spawn();
        stage.all_consume().await;
        stage
    }

    pub(crate) fn spawn(&mut self) {
        let place = self.directory.path();
        let log = place.join(format!("log.{}", self.processes.len()));
        let process = Command::new(env!("CARGO_BIN_EXE_database-services"))
            .env("SLINGSHOT_SYS_MAP", self.sys_map.url())
            .env("SLINGSHOT_SERVICES", &self.service)
            .env("SLINGSHOT_STAGING", place.join("staging"))
            .env("SLINGSHOT_STATE", place.join("state"))
            .env("SLINGSHOT_ADMIN", "off")
            .env("SLINGSHOT_LOG", "json")
            .env_remove("SLINGSHOT_REPORT")
            .env_remove("RUST_LOG")
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stderr(fs::File::create(&log).unwrap())
            .spawn()
            .unwrap();
        self.processes.push((process, log));
    }

    pub(crate) async fn all_consume(&mut self) {
        for index in 0..self.processes.len() {
            self.says(index, "\"consuming\"").await;
        }
    }

    /// Waits until a process that runs has logged that.
    pub(crate) async fn says(&mut self, index: usize, words: &str) {
        let deadline = Instant::now() + PATIENCE;
        while !self.log(index).contains(words) {
            let running = self.processes[index].0.try_wait().unwrap().is_none();
            let waiting = running && Instant::now() < deadline;
            assert!(waiting, "it does not say {words}:\n{}", self.log(index));
            sleep(LOOK).await;
        }
    }

    pub(crate) fn log(&self, index: usize) -> String {
        fs::read_to_string(&self.processes[index].1).unwrap()
    }

    /// The end of what the processes logged.
    fn last_words(&self) -> String {
        let logs = (0..self.processes.len()).map(|index| self.log(index));
        let mut lines: Vec<_> = logs
            .collect::<String>()
            .lines()
            .map(str::to_owned)
            .collect();
        lines.drain(..lines.len().saturating_sub(20));
        lines.join("\n")
    }

    /// The file that the password is read from.
    pub(crate) fn password_file(&self) -> PathBuf {
        self.directory.path().join("database")
    }

    pub(crate) fn queue(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    pub(crate) async fn send(&self, id: u64, message_id: Option<&str>) {
        let mut properties = BasicProperties::default().with_delivery_mode(2);
        if let Some(message_id) = message_id {
            properties = properties.with_message_id(message_id.into());
        }
        let (queue, body) = (self.queue("in"), id.to_string());
        self.client
            .publish_with(&queue, body.as_bytes(), properties)
            .await;
    }

    /// Waits until a queue has that many messages, and takes them.
    pub(crate) async fn take(&self, queue: &str, count: u32) -> Vec<Delivery> {
        let name = self.queue(queue);
        let deadline = Instant::now() + PATIENCE;
        while self.client.depth(&name).await != count {
            let depth = self.client.depth(&name).await;
            assert!(
                Instant::now() < deadline,
                "{queue} has {depth} messages, not {count}:\n{}",
                self.last_words()
            );
            sleep(LOOK).await;
        }
        let mut messages = Vec::new();
        while let Some(message) = self.client.get(&name).await {
            message.acker.ack(BasicAckOptions::default()).await.unwrap();
            messages.push(message.delivery);
        }
        messages
    }

    pub(crate) fn kill(&mut self, index: usize) {
        let (process, _) = &mut self.processes[index];
        process.kill().unwrap();
        process.wait().unwrap();
    }

    /// Waits for the end of a process.
    pub(crate) async fn ended(&mut self, index: usize) -> Option<i32> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.processes[index].0.try_wait().unwrap() {
                return status.code();
            }
            assert!(
                Instant::now() < deadline,
                "it goes on:\n{}",
                self.log(index)
            );
            sleep(LOOK).await;
        }
    }

    /// Drains every process that runs.
    pub(crate) async fn finish(&mut self) {
        for index in 0..self.processes.len() {
            let (process, _) = &mut self.processes[index];
            if process.try_wait().unwrap().is_some() {
                continue;
            }
            let id = process.id().to_string();
            let sent = tokio::process::Command::new("kill")
                .args(["-TERM", &id])
                .status();
            assert!(sent.await.unwrap().success());
            assert_eq!(self.ended(index).await, Some(0), "{}", self.log(index));
        }
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        for (process, _) in &mut self.processes {
            drop(process.kill());
            drop(process.wait());
        }
    }
}

/// Message ids and bodies, in an order of their own.
pub(crate) fn ids(messages: &[Delivery]) -> Vec<(String, String)> {
    let mut ids: Vec<_> = messages
        .iter()
        .map(|message| {
            let id = message
                .properties
                .message_id()
                .as_ref()
                .unwrap()
                .to_string();
            (id, String::from_utf8_lossy(&message.data).into_owned())
        })
        .collect();
    ids.sort();
    ids
}

fn system(
    prefix: &str,
    service: &str,
    place: &Path,
    broker_port: u16,
    postgres: &Postgres,
) -> String {
    let place = place.display();
    let Postgres {
        host,
        port,
        username,
        database,
        tls,
        ..
    } = postgres;
    format!(
        r#"
[services.{service}]
in = "{prefix}in"
out = [
  {{ case = "even", queues = ["{prefix}even"] }},
  {{ case = "odd", queues = ["{prefix}odd"] }},
]

[rabbitmq]
host = "127.0.0.1"
port = {broker_port}
username = "guest"
password = "file:{place}/guest"

[database]
host = "{host}"
port = {port}
username = "{username}"
database = "{database}"
password = "file:{place}/database"
tls = {tls}
"#
    )
}

//! A project whose services have queues of their own, and the command line that works on them.

use std::{fs, ops::Range, process::Stdio, time::Duration};

use lapin::{
    BasicProperties, Consumer,
    message::Delivery,
    options::{BasicAckOptions, BasicRejectOptions, QueueDeleteOptions},
    types::{AMQPValue, FieldTable},
};
use slingshot_local::sys_map::{Engines, SysMapConfig, SysMapServer, SysMapSource};
use tempfile::TempDir;
use tokio::{process::Command, time::sleep};

use crate::{
    brokers::{Client, Target, next, patiently},
    clone::binaries,
};

const LOOK: Duration = Duration::from_millis(10);

pub(super) struct Desk {
    pub(super) client: Client,
    url: String,
    directory: TempDir,
    /// Before the names of its queues, so that tests on one broker do not meet.
    prefix: String,
}

/// The headers that a service writes on a dead letter. It will have failed in a future, so that it is not
/// older today than tomorrow.
pub(super) fn failed(kind: &str, message: &str, attempt: u32) -> BasicProperties {
    let mut headers = FieldTable::default();
    for (name, value) in [
        ("tenant", "a"),
        (
            "traceparent",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        ),
        ("x-slingshot-attempt", &attempt.to_string()),
        ("x-slingshot-error-attempt", &attempt.to_string()),
        ("x-slingshot-error-chain", &format!("{message}\nHTTP 404")),
        ("x-slingshot-error-failed-at", "2100-01-01T00:01:00Z"),
        ("x-slingshot-error-first-failed-at", "2100-01-01T00:00:00Z"),
        ("x-slingshot-error-message", message),
        ("x-slingshot-error-service", "words"),
        ("x-slingshot-error-type", kind),
    ] {
        headers.insert(name.into(), AMQPValue::LongString(value.into()));
    }
    BasicProperties::default()
        .with_headers(headers)
        .with_delivery_mode(2)
}

pub(super) fn header(name: &str, value: &str) -> FieldTable {
    let mut table = FieldTable::default();
    table.insert(name.into(), AMQPValue::LongString(value.into()));
    table
}

pub(super) struct Reader {
    client: Client,
    /// Dropped, it would not consume any more.
    consumer: Consumer,
}

impl Reader {
    pub(super) async fn close(self) {
        drop(self.consumer);
        self.client.close().await;
    }
}

/// A command that has ended.
pub(super) struct Ran {
    code: Option<i32>,
    results: String,
    pub(super) errors: String,
}

impl Ran {
    #[track_caller]
    pub(super) fn ends(&self, code: i32) {
        assert_eq!(self.code, Some(code), "{}{}", self.results, self.errors);
    }
}

impl Ran {
    pub(super) fn is_clean_or_has_findings(&self) -> bool {
        matches!(self.code, Some(0 | 1))
    }

    /// The lines of the results that have a word in them.
    pub(super) fn results_about(&self, word: &str) -> String {
        let lines = self.results.lines().filter(|line| line.contains(word));
        lines.map(str::trim_end).collect::<Vec<_>>().join("\n")
    }
}

impl Desk {
    pub(super) async fn new(target: &Target, test: &str) -> Self {
        let directory = TempDir::new().unwrap();
        let prefix = format!("letters.{test}.");
        let (_, address) = target.url.rsplit_once(':').unwrap();
        let (port, _) = address.split_once('/').unwrap();
        let place = directory.path().display();
        let map = format!(
            r#"
[topology]
sources = ["{prefix}in", "{prefix}other"]

[services.words]
in = "{prefix}in"

[services.other]
in = "{prefix}other"

[rabbitmq]
host = "127.0.0.1"
port = {port}
username = "guest"
password = "file:{place}/guest"
"#
        );
        fs::write(directory.path().join("slingshot.toml"), map).unwrap();
        fs::write(directory.path().join("guest"), "guest").unwrap();
        let desk = Self {
            client: target.client().await,
            url: target.url.clone(),
            directory,
            prefix,
        };
        for queue in ["in", "in.dlq", "elsewhere", "other", "other.dlq"] {
            desk.delete(queue).await;
        }
        for queue in ["in", "in.dlq"] {
            desk.client
                .declare(&desk.queue(queue), FieldTable::default())
                .await;
        }
        desk
    }

    pub(super) fn without_password(&self) {
        fs::remove_file(self.directory.path().join("guest")).unwrap();
    }

    pub(super) fn queue(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    pub(super) async fn delete(&self, queue: &str) {
        let name = self.queue(queue);
        let delete = QueueDeleteOptions::default();
        let deleted = self
            .client
            .channel
            .queue_delete(name.as_str().into(), delete);
        deleted.await.unwrap();
    }

    pub(super) async fn letter(&self, body: &str, properties: BasicProperties) {
        self.bytes(body.as_bytes(), properties).await;
    }

    pub(super) async fn bytes(&self, body: &[u8], properties: BasicProperties) {
        self.client
            .publish_with(&self.queue("in.dlq"), body, properties)
            .await;
    }

    pub(super) async fn letters(&self, ids: Range<u64>) {
        let ids: Vec<_> = ids.collect();
        for some in ids.chunks(100) {
            let sent = some.iter().map(|id| async move {
                self.letter(&id.to_string(), failed("error", "no such customer", 5))
                    .await;
            });
            futures_util::future::join_all(sent).await;
        }
    }

    /// A message that the broker itself dead-letters.
    pub(super) async fn rejected_by_the_broker(
        &self,
        body: &str,
        reject: BasicRejectOptions,
        arguments: &FieldTable,
    ) {
        let queue = self.queue("elsewhere");
        self.client.declare(&queue, arguments.clone()).await;
        self.client.publish(&queue, body).await;
        let message = self.client.get(&queue).await.unwrap();
        message.acker.reject(reject).await.unwrap();
        self.reaches("in.dlq", 4).await;
    }

    /// Somebody who reads a queue: one message at a time, of which none is settled.
    pub(super) async fn reader(&self, queue: &str) -> Reader {
        let client = self.other_client().await;
        let consumer = client.consume(&self.queue(queue), 1).await;
        Reader { client, consumer }
    }

    pub(super) async fn other_client(&self) -> Client {
        Client::connect(&self.url).await
    }

    pub(super) async fn depth(&self, queue: &str) -> u32 {
        self.client.depth(&self.queue(queue)).await
    }

    /// Waits until a queue has at least so many messages.
    pub(super) async fn reaches(&self, queue: &str, count: u32) {
        let reached = async {
            while self.depth(queue).await < count {
                sleep(LOOK).await;
            }
        };
        patiently(reached).await;
    }

    /// Takes every message of a queue.
    pub(super) async fn take(&self, queue: &str) -> Vec<Delivery> {
        let client = self.other_client().await;
        let mut left = self.depth(queue).await;
        let mut messages = Vec::new();
        if left > 0 {
            let mut consumer = client.consume(&self.queue(queue), 0).await;
            while left > 0 {
                messages.push(next(&mut consumer).await);
                left -= 1;
            }
        }
        if let Some(last) = messages.last() {
            let all = BasicAckOptions { multiple: true };
            last.ack(all).await.unwrap();
        }
        client.close().await;
        messages
    }

    /// The bodies of a queue's messages, which are taken.
    pub(super) async fn ids(&self, queue: &str) -> Vec<String> {
        bodies(&self.take(queue).await)
    }

    /// The bodies of a queue's messages, which stay.
    pub(super) async fn peek(&self, queue: &str) -> Vec<String> {
        let messages = self.take(queue).await;
        for message in &messages {
            let properties = message.properties.clone();
            self.client
                .publish_with(&self.queue(queue), &message.data, properties)
                .await;
        }
        bodies(&messages)
    }

    /// A sys-map that serves the project's file.
    pub(super) async fn sys_map(&self) -> SysMapServer {
        let config = SysMapConfig {
            address: ([127, 0, 0, 1], 0).into(),
            source: SysMapSource::File(self.directory.path().join("slingshot.toml")),
            engines: Engines::default(),
        };
        SysMapServer::start(config).await.unwrap()
    }

    pub(super) fn command(&self, words: &str) -> Command {
        let mut command = Command::new(binaries().join("slingshot"));
        command
            .args(words.split_whitespace())
            .current_dir(self.directory.path())
            .env("NO_COLOR", "1")
            .env_remove("RUST_LOG")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }

    pub(super) async fn slingshot(&self, words: &str) -> Ran {
        let output = self.command(words).output().await.unwrap();
        Ran {
            code: output.status.code(),
            results: String::from_utf8(output.stdout).unwrap(),
            errors: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// What a command prints, with names that are the same on every broker.
    pub(super) async fn transcript(&self, words: &str) -> String {
        let ran = self.slingshot(words).await;
        let program = binaries().join("slingshot").display().to_string();
        let plain = |text: &str| text.replace(&program, "slingshot");
        format!(
            "$ slingshot {words}\n{}--- stderr\n{}--- exit code {}\n\n",
            plain(&ran.results),
            plain(&ran.errors),
            ran.code.unwrap(),
        )
    }

    pub(super) async fn signal(&self, name: &str, process: u32) {
        let sent = Command::new("kill")
            .args([&format!("-{name}"), &process.to_string()])
            .status();
        assert!(sent.await.unwrap().success());
    }
}

fn bodies(messages: &[Delivery]) -> Vec<String> {
    let text = |message: &Delivery| String::from_utf8_lossy(&message.data).into_owned();
    messages.iter().map(text).collect()
}

//! The embedded broker's promise: what it confirmed outlives its process, however that ends.

use std::{
    collections::BTreeSet,
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use lapin::{
    BasicProperties, Confirmation, ExchangeKind,
    options::{BasicAckOptions, BasicPublishOptions, ExchangeDeclareOptions, QueueBindOptions},
    types::{AMQPValue, FieldTable},
};
use tempfile::TempDir;

use crate::brokers::{Client, patiently, shown, start, url};

/// A broker in a process of its own.
struct Host {
    process: Child,
    url: String,
}

impl Host {
    fn start(directory: &Path) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_broker-host"))
            .arg(directory)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut address = String::new();
        let out = process.stdout.as_mut().unwrap();
        BufReader::new(out).read_line(&mut address).unwrap();
        Self {
            url: url(address.trim()),
            process,
        }
    }

    /// SIGKILL: no chance to write anything more.
    fn kill(mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

/// Publishes until told to stop or the broker is gone. Returns the confirmed numbers.
async fn publish_until(url: String, first: u64, stop: Arc<AtomicBool>) -> BTreeSet<u64> {
    let client = Client::connect(&url).await;
    let mut confirmed = BTreeSet::new();
    let mut number = first;
    while !stop.load(Ordering::Relaxed) {
        let mut pending = Vec::new();
        for _ in 0..50 {
            let body = number.to_string();
            let publish = client.channel.basic_publish(
                "".into(),
                "durable".into(),
                BasicPublishOptions {
                    mandatory: true,
                    ..Default::default()
                },
                body.as_bytes(),
                BasicProperties::default().with_delivery_mode(2),
            );
            let Ok(confirm) = publish.await else {
                return confirmed;
            };
            pending.push((number, confirm));
            number += 1;
        }
        for (number, confirm) in pending {
            match patiently(confirm).await {
                Ok(Confirmation::Ack(None)) => confirmed.insert(number),
                _ => return confirmed,
            };
        }
    }
    confirmed
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_confirmed_is_lost_when_the_process_is_killed() {
    let directory = TempDir::new().unwrap();
    let mut confirmed = BTreeSet::new();
    for round in 0..3_u64 {
        let host = Host::start(directory.path());
        let client = Client::connect(&host.url).await;
        client.declare("durable", FieldTable::default()).await;
        let stop = Arc::new(AtomicBool::new(false));
        let publishers: Vec<_> = (0..2)
            .map(|one| {
                let first = (round * 2 + one) * 1_000_000;
                tokio::spawn(publish_until(host.url.clone(), first, Arc::clone(&stop)))
            })
            .collect();
        tokio::time::sleep(Duration::from_millis(400)).await;
        host.kill();
        stop.store(true, Ordering::Relaxed);
        let before = confirmed.len();
        for publisher in publishers {
            confirmed.extend(publisher.await.unwrap());
        }
        assert!(confirmed.len() > before, "the round confirmed nothing");
    }
    let host = Host::start(directory.path());
    let client = Client::connect(&host.url).await;
    let depth = client.depth("durable").await;
    let mut consumer = client.consume("durable", 500).await;
    let mut found = BTreeSet::new();
    for _ in 0..depth {
        let delivery = crate::brokers::next(&mut consumer).await;
        found.insert(String::from_utf8_lossy(&delivery.data).parse().unwrap());
        delivery
            .acker
            .ack(BasicAckOptions::default())
            .await
            .unwrap();
    }
    let lost: Vec<_> = confirmed.difference(&found).collect();
    assert!(
        lost.is_empty(),
        "{} of {} confirmed are lost",
        lost.len(),
        confirmed.len()
    );
    host.kill();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_finds_queues_bindings_and_messages_as_they_were() {
    let directory = TempDir::new().unwrap();
    let broker = start(directory.path()).await;
    let client = Client::connect(&url(broker.address())).await;
    let mut delayed = FieldTable::default();
    delayed.insert("x-message-ttl".into(), AMQPValue::LongInt(300));
    delayed.insert(
        "x-dead-letter-exchange".into(),
        AMQPValue::LongString("".into()),
    );
    delayed.insert(
        "x-dead-letter-routing-key".into(),
        AMQPValue::LongString("kept".into()),
    );
    client.declare("kept", FieldTable::default()).await;
    client.declare("delayed", delayed.clone()).await;
    let durable = ExchangeDeclareOptions {
        durable: true,
        ..Default::default()
    };
    let (name, kind) = ("kept.exchange".into(), ExchangeKind::Topic);
    client
        .channel
        .exchange_declare(name, kind, durable, FieldTable::default())
        .await
        .unwrap();
    let bind = client.channel.queue_bind(
        "kept".into(),
        "kept.exchange".into(),
        "a.#".into(),
        QueueBindOptions::default(),
        FieldTable::default(),
    );
    bind.await.unwrap();
    for body in ["first", "second", "third"] {
        client.publish("kept", body).await;
    }
    let transient = BasicProperties::default();
    client.publish_with("kept", b"transient", transient).await;
    client.publish("delayed", "late").await;
    let first = client.get("kept").await.unwrap();
    first.acker.ack(BasicAckOptions::default()).await.unwrap();
    client.get("kept").await.unwrap();
    client.close().await;
    broker.shutdown().await;

    let broker = start(directory.path()).await;
    let client = Client::connect(&url(broker.address())).await;
    client.declare("delayed", delayed).await;
    let publish = client.channel.basic_publish(
        "kept.exchange".into(),
        "a.b".into(),
        BasicPublishOptions {
            mandatory: true,
            ..Default::default()
        },
        b"routed",
        BasicProperties::default(),
    );
    assert_eq!(
        patiently(publish.await.unwrap()).await.unwrap(),
        Confirmation::Ack(None)
    );
    client.reaches("kept", 4).await;
    let mut seen = Vec::new();
    while let Some(message) = client.get("kept").await {
        seen.push(shown(&message.delivery));
    }
    assert_eq!(seen, ["second again", "third again", "routed", "late"]);
    client.close().await;
    broker.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_belongs_to_one_broker() {
    let directory = TempDir::new().unwrap();
    let broker = start(directory.path()).await;
    let config = slingshot_local::broker::BrokerConfig {
        address: ([127, 0, 0, 1], 0).into(),
        directory: directory.path().into(),
        username: "guest".into(),
        password: "guest".into(),
    };
    let error = slingshot_local::broker::Broker::start(config)
        .await
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with("cannot open the broker's state in "),
        "{error}"
    );
    broker.shutdown().await;
    start(directory.path()).await.shutdown().await;
}

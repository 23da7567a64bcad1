//! The embedded broker beside RabbitMQ, driven by the same client with the same durability.
//!
//! A measurement, not a check: `cargo test --release -p slingshot-tests throughput -- --ignored --nocapture`.

use std::collections::VecDeque;

use futures_util::StreamExt;
use lapin::{
    BasicProperties,
    options::{BasicAckOptions, BasicPublishOptions},
    types::FieldTable,
};
use tokio::time::Instant;

use crate::brokers::Target;

const QUEUE: &str = "throughput";
const IN_FLIGHT: usize = 500;
const PREFETCH: u16 = 100;
const ROUNDS: usize = 3;

struct Rates {
    published: f64,
    consumed: f64,
    /// Microseconds from a publish to its confirm, one at a time.
    confirm: f64,
}

#[expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]
async fn measure(target: &Target, messages: usize, size: usize) -> Rates {
    let client = target.client().await;
    client.queue(QUEUE, FieldTable::default()).await;
    let body = vec![b'x'; size];
    let persistent = BasicProperties::default().with_delivery_mode(2);

    let start = Instant::now();
    let mut pending = VecDeque::new();
    for _ in 0..messages {
        if pending.len() == IN_FLIGHT {
            confirmed(pending.pop_front()).await;
        }
        let options = BasicPublishOptions {
            mandatory: true,
            ..Default::default()
        };
        let publish = client.channel.basic_publish(
            "".into(),
            QUEUE.into(),
            options,
            &body,
            persistent.clone(),
        );
        pending.push_back(publish.await.unwrap());
    }
    while let Some(confirm) = pending.pop_front() {
        confirmed(Some(confirm)).await;
    }
    let published = messages as f64 / start.elapsed().as_secs_f64();

    let start = Instant::now();
    let mut consumer = client.consume(QUEUE, PREFETCH).await;
    for _ in 0..messages {
        let delivery = consumer.next().await.unwrap().unwrap();
        delivery
            .acker
            .ack(BasicAckOptions::default())
            .await
            .unwrap();
    }
    client.reaches(QUEUE, 0).await;
    let consumed = messages as f64 / start.elapsed().as_secs_f64();
    drop(consumer);

    let single = 500;
    let start = Instant::now();
    for _ in 0..single {
        client.publish(QUEUE, "1").await;
    }
    let confirm = start.elapsed().as_secs_f64() * 1e6 / f64::from(single);
    client.close().await;
    Rates {
        published,
        consumed,
        confirm,
    }
}

async fn confirmed(confirm: Option<lapin::PublisherConfirm>) {
    confirm.unwrap().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement"]
async fn beside_rabbitmq() {
    let embedded = Target::embedded().await;
    let rabbitmq = Target::rabbitmq();
    for size in [200, 4096] {
        for _ in 0..ROUNDS {
            for (name, target) in [("embedded", &embedded), ("rabbitmq", &rabbitmq)] {
                let Rates {
                    published,
                    consumed,
                    confirm,
                } = measure(target, 20_000, size).await;
                println!(
                    "{name} {size} B: published {published:.0}/s, consumed {consumed:.0}/s, \
                     single confirm {confirm:.0} us"
                );
            }
        }
    }
    embedded.stop().await;
}

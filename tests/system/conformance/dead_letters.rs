//! Delay queues and dead letters, as the retry tiers use them.

use lapin::{
    BasicProperties,
    message::BasicGetMessage,
    options::{BasicNackOptions, BasicRejectOptions},
    types::{AMQPValue, FieldTable},
};

use super::{arguments, number, on_both_brokers, text};
use crate::brokers::{Client, Target, next, patiently, shown};

on_both_brokers! {
    a_delay_queue_gives_its_messages_on_without_being_looked_at,
    deaths_of_one_kind_are_counted_and_others_listed,
    a_message_that_only_expires_in_a_circle_is_dropped,
    an_expiration_of_its_own_is_told_and_taken_off,
    a_replicated_delay_queue_gives_each_message_on_in_its_own_time,
}

fn to(queue: &str) -> Vec<(&'static str, AMQPValue)> {
    vec![
        ("x-dead-letter-exchange", text("")),
        ("x-dead-letter-routing-key", text(queue)),
    ]
}

async fn arrived(client: &Client, queue: &str) -> BasicGetMessage {
    client.reaches(queue, 1).await;
    client.get(queue).await.unwrap()
}

/// `count×reason@queue` for each death.
fn deaths(message: &BasicGetMessage) -> String {
    let headers = message
        .delivery
        .properties
        .headers()
        .clone()
        .unwrap_or_default();
    let Some(AMQPValue::FieldArray(deaths)) = headers.inner().get("x-death") else {
        return "none".into();
    };
    let field = |death: &FieldTable, name: &str| match death.inner().get(name) {
        Some(AMQPValue::LongString(text)) => text.to_string(),
        Some(AMQPValue::LongLongInt(count)) => count.to_string(),
        other => format!("{other:?}"),
    };
    let shown = deaths.as_slice().iter().map(|death| match death {
        AMQPValue::FieldTable(death) => {
            assert!(matches!(
                death.inner().get("time"),
                Some(AMQPValue::Timestamp(1..))
            ));
            let [count, reason, queue] = ["count", "reason", "queue"].map(|n| field(death, n));
            format!("{count}×{reason}@{queue}")
        }
        other => format!("{other:?}"),
    });
    shown.collect::<Vec<_>>().join(", ")
}

async fn a_delay_queue_gives_its_messages_on_without_being_looked_at(target: &Target) {
    let client = target.client().await;
    let (work, delay) = ("dead.work", "dead.work.retry.100ms");
    client.queue(work, arguments(&[])).await;
    let mut settings = to(work);
    settings.push(("x-message-ttl", number(100)));
    client.queue(delay, arguments(&settings)).await;
    let mut consumer = client.consume(work, 10).await;
    for n in 0..3 {
        client.publish(delay, &n.to_string()).await;
    }
    let mut seen = Vec::new();
    for _ in 0..3 {
        let delivery = next(&mut consumer).await;
        seen.push(shown(&delivery));
        assert_eq!(delivery.routing_key.as_str(), work);
    }
    assert_eq!(seen, ["0", "1", "2"]);
    client.close().await;
}

async fn deaths_of_one_kind_are_counted_and_others_listed(target: &Target) {
    let client = target.client().await;
    let (work, delay, end) = ("dead.counted", "dead.counted.retry", "dead.counted.end");
    client.queue(end, arguments(&[])).await;
    client.queue(work, arguments(&to(delay))).await;
    let mut settings = to(work);
    settings.push(("x-message-ttl", number(30)));
    client.queue(delay, arguments(&settings)).await;
    client.publish(work, "1").await;
    // Rejected, delayed, back again: a circle, but one that somebody turns.
    for _ in 0..2 {
        let message = arrived(&client, work).await;
        message
            .acker
            .reject(BasicRejectOptions { requeue: false })
            .await
            .unwrap();
    }
    let message = arrived(&client, work).await;
    assert_eq!(
        deaths(&message),
        "2×expired@dead.counted.retry, 2×rejected@dead.counted"
    );
    let headers = message.delivery.properties.headers().clone().unwrap();
    let first = |name: &str| headers.inner().get(name).cloned();
    assert_eq!(first("x-first-death-queue"), Some(text(work)));
    assert_eq!(first("x-first-death-reason"), Some(text("rejected")));
    assert_eq!(first("x-first-death-exchange"), Some(text("")));
    client.close().await;
}

async fn a_message_that_only_expires_in_a_circle_is_dropped(target: &Target) {
    let client = target.client().await;
    let (one, two) = ("dead.circle.one", "dead.circle.two");
    for (queue, other) in [(one, two), (two, one)] {
        let mut settings = to(other);
        settings.push(("x-message-ttl", number(50)));
        client.queue(queue, arguments(&settings)).await;
    }
    client.publish(one, "1").await;
    let gone = async { while client.depth(one).await + client.depth(two).await > 0 {} };
    patiently(gone).await;
    client.close().await;
}

async fn an_expiration_of_its_own_is_told_and_taken_off(target: &Target) {
    let client = target.client().await;
    let (from, end) = ("dead.expiration", "dead.expiration.end");
    client.queue(end, arguments(&[])).await;
    client.queue(from, arguments(&to(end))).await;
    let properties = BasicProperties::default()
        .with_expiration("40".into())
        .with_headers(arguments(&[("mine", text("kept"))]));
    client.publish_with(from, b"1", properties).await;
    let message = arrived(&client, end).await;
    assert_eq!(deaths(&message), "1×expired@dead.expiration");
    assert_eq!(*message.delivery.properties.expiration(), None);
    let headers = message.delivery.properties.headers().clone().unwrap();
    assert_eq!(headers.inner().get("mine"), Some(&text("kept")));
    let Some(AMQPValue::FieldArray(deaths)) = headers.inner().get("x-death") else {
        panic!()
    };
    let AMQPValue::FieldTable(death) = &deaths.as_slice()[0] else {
        panic!()
    };
    assert_eq!(death.inner().get("original-expiration"), Some(&text("40")));
    message
        .acker
        .nack(BasicNackOptions::default())
        .await
        .unwrap();
    client.close().await;
}

/// RabbitMQ keeps it in its tier, and tries again every three minutes.
#[tokio::test(flavor = "multi_thread")]
async fn a_full_target_does_not_cost_a_tier_its_message() {
    let target = Target::embedded().await;
    let client = target.client().await;
    let (work, wait) = ("dead.full", "dead.full.retry.1s");
    let bounded = arguments(&[
        ("x-max-length", number(1)),
        ("x-overflow", text("reject-publish")),
    ]);
    client.queue(work, bounded).await;
    client.queue(wait, tier(work, 100)).await;
    client.publish(work, "fills").await;
    client.publish(wait, "waits").await;
    client.reaches(work, 2).await;
    for expected in ["fills", "waits"] {
        let message = client.get(work).await.unwrap();
        assert_eq!(shown(&message.delivery), expected);
    }
    client.close().await;
    target.stop().await;
}

/// As a service declares its retry tiers.
fn tier(queue: &str, milliseconds: i32) -> FieldTable {
    let mut settings = to(queue);
    settings.extend([
        ("x-message-ttl", number(milliseconds)),
        ("x-queue-type", text("quorum")),
        ("x-dead-letter-strategy", text("at-least-once")),
        ("x-overflow", text("reject-publish")),
    ]);
    arguments(&settings)
}

async fn a_replicated_delay_queue_gives_each_message_on_in_its_own_time(target: &Target) {
    let client = target.client().await;
    let (work, wait) = ("dead.tier", "dead.tier.retry.2s");
    client.queue(work, arguments(&[])).await;
    client.queue(wait, tier(work, 2_000)).await;
    // A second declaration is the same queue.
    client.declare(wait, tier(work, 2_000)).await;
    let begun = tokio::time::Instant::now();
    for (body, expiration) in [("1", "200"), ("2", "400"), ("3", "60000")] {
        let properties = BasicProperties::default()
            .with_delivery_mode(2)
            .with_expiration(expiration.into())
            .with_headers(arguments(&[("x-slingshot-attempt", text("2"))]));
        client.publish_with(wait, body.as_bytes(), properties).await;
    }
    for (body, at_least, at_most) in [("1", 200, 1_500), ("2", 400, 1_700), ("3", 2_000, 4_000)] {
        let message = arrived(&client, work).await;
        let took = begun.elapsed().as_millis();
        assert_eq!(shown(&message.delivery), body);
        assert!((at_least..at_most).contains(&took), "{body} took {took} ms");
        assert_eq!(*message.delivery.properties.expiration(), None);
        assert_eq!(*message.delivery.properties.delivery_mode(), Some(2));
        let headers = message.delivery.properties.headers().clone().unwrap();
        let attempt = headers.inner().get("x-slingshot-attempt");
        assert_eq!(attempt, Some(&text("2")));
        message
            .acker
            .ack(lapin::options::BasicAckOptions::default())
            .await
            .unwrap();
    }
    client.close().await;
}

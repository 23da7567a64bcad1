//! What comes again, after how long, and what does not.

use std::time::Duration;

use lapin::{BasicProperties, options::QueueDeleteOptions, types::AMQPValue};
use tokio::time::Instant;

use super::host::Host;
use crate::{
    brokers::Target,
    conformance::{arguments, on_both_brokers, text},
};

on_both_brokers!(
    a_failed_message_waits_and_comes_again,
    a_function_says_how_long_its_message_waits,
    a_skipped_message_leaves_nothing,
    attempts_are_counted_over_restarts,
    a_tier_that_was_deleted_is_made_again,
    a_message_that_ends_its_process_does_so_ten_times,
    a_redelivered_message_is_worked_on,
);

/// The sys-map's retry: 3 attempts, after 200 and 400 ms.
async fn a_failed_message_waits_and_comes_again(target: &Target) {
    let mut host = Host::start(target, "again", "obedient").await;
    // The tiers are there before the first message is.
    assert_eq!(host.depth("retry.200ms").await, 0);
    assert_eq!(host.depth("retry.400ms").await, 0);
    let begun = Instant::now();
    let named = BasicProperties::default().with_message_id("m-1".into());
    host.send_with(b"16", named).await;
    host.depth_of("even", 1).await;
    let waited = begun.elapsed();
    assert!(waited >= Duration::from_millis(300), "{waited:?}");
    assert_eq!(host.ids("even").await, ["16"]);
    assert_eq!(host.terminate().await, Some(0));
    for queue in ["in", "dlq", "retry.200ms", "retry.400ms"] {
        assert_eq!(host.depth(queue).await, 0, "{queue}");
    }
}

async fn a_function_says_how_long_its_message_waits(target: &Target) {
    let mut host = Host::start(target, "after", "obedient").await;
    let begun = Instant::now();
    host.send(13).await;
    host.depth_of("dlq", 1).await;
    assert_eq!(host.depth("retry.2s").await, 0);
    let waited = begun.elapsed();
    assert!(
        waited >= Duration::from_millis(2_400) && waited < Duration::from_secs(8),
        "twice 1.2 s took {waited:?}"
    );
    assert_eq!(host.dead_letters().await, ["13: error: not so fast"]);
    assert_eq!(host.terminate().await, Some(0));
}

async fn a_skipped_message_leaves_nothing(target: &Target) {
    let mut host = Host::start(target, "skipped", "obedient").await;
    for id in [14, 20] {
        host.send(id).await;
    }
    host.depth_of("even", 1).await;
    host.finished().await;
    for queue in ["in", "dlq", "odd", "retry.200ms"] {
        assert_eq!(host.depth(queue).await, 0, "{queue}");
    }
    assert_eq!(host.ids("even").await, ["20"]);
}

/// What a retry copy says of its failure, and what a dead letter does.
async fn attempts_are_counted_over_restarts(target: &Target) {
    let mut host = Host::start(target, "counted", "obedient").await;
    let tenant = arguments(&[("tenant", text("a"))]);
    let mine = BasicProperties::default()
        .with_headers(tenant)
        .with_message_id("m-1".into());
    host.send_with(b"2", mine).await;
    host.depth_of("retry.200ms", 1).await;
    // It is due while nobody is there.
    assert_eq!(host.terminate().await, Some(0));
    host.depth_of("in", 1).await;
    let copy = host.take("in").await.remove(0);
    let told = |copy: &lapin::message::Delivery, name: &str| {
        let headers = copy.properties.headers().clone().unwrap();
        match headers.inner().get(name) {
            Some(AMQPValue::LongString(text)) => text.to_string(),
            other => format!("{other:?}"),
        }
    };
    assert_eq!(told(&copy, "x-slingshot-attempt"), "2");
    assert_eq!(told(&copy, "x-slingshot-error-attempt"), "1");
    assert_eq!(told(&copy, "x-slingshot-error-message"), "not today");
    assert_eq!(told(&copy, "tenant"), "a");
    assert_eq!(copy.properties.expiration(), &None);
    let first = told(&copy, "x-slingshot-error-first-failed-at");

    host.send_with(b"2", copy.properties).await;
    host.spawn();
    host.depth_of("dlq", 1).await;
    let letter = host.take("dlq").await.remove(0);
    assert_eq!(told(&letter, "x-slingshot-error-attempt"), "3");
    assert_eq!(told(&letter, "x-slingshot-error-type"), "error");
    assert_eq!(told(&letter, "x-slingshot-error-first-failed-at"), first);
    assert_eq!(told(&letter, "tenant"), "a");
    let id = letter.properties.message_id().clone().unwrap();
    assert_eq!(id.as_str(), "m-1");
    assert_eq!(host.terminate().await, Some(0));
}

async fn a_tier_that_was_deleted_is_made_again(target: &Target) {
    let mut host = Host::start(target, "tierless", "obedient").await;
    let tier = host.queue("retry.200ms");
    let delete = QueueDeleteOptions::default();
    let channel = &host.client.channel;
    channel
        .queue_delete(tier.as_str().into(), delete)
        .await
        .unwrap();
    host.send(16).await;
    host.depth_of("even", 1).await;
    assert_eq!(host.terminate().await, Some(0));
}

/// And its neighbours are worked on all the same.
async fn a_message_that_ends_its_process_does_so_ten_times(target: &Target) {
    let mut host = Host::start(target, "crash", "obedient").await;
    host.send_all([20, 15, 22, 24, 26]).await;
    let mut deaths = 0;
    let begun = Instant::now();
    while host.depth("dlq").await == 0 {
        assert!(begun.elapsed() < Duration::from_mins(2), "{}", host.log());
        if host.is_running() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        } else {
            deaths += 1;
            host.restart().await;
        }
    }
    assert_eq!(deaths, 10);
    assert_eq!(
        host.dead_letters().await,
        [
            "15: crash: 10 times, the process that had the message ended before it said what came of it"
        ]
    );
    host.all_arrive([20, 22, 24, 26]).await;
    assert_eq!(host.terminate().await, Some(0));
}

/// One that a drained process had: it is counted, and no dead letter.
async fn a_redelivered_message_is_worked_on(target: &Target) {
    let mut host = Host::start(target, "redelivered", "pausing").await;
    host.send(20_000).await;
    host.begins(0).await;
    host.signal("KILL").await;
    assert_eq!(host.ended().await, None);
    host.depth_of("in", 1).await;
    let again = host.take("in").await.remove(0);
    assert!(again.redelivered);
    assert_eq!(host.depth("dlq").await, 0);
}

//! What ends a consumer, and what an idle one does.

use std::{fs, time::Duration};

use lapin::{
    options::{QueueDeclareOptions, QueueDeleteOptions},
    types::FieldTable,
};
use tokio::time::Instant;

use super::host::Host;
use crate::{
    brokers::{Target, start},
    conformance::on_both_brokers,
};

on_both_brokers!(
    a_consumer_whose_queue_is_deleted_declares_it_again,
    a_transient_queue_is_used_and_warned_of,
    a_broker_that_hands_out_more_than_the_prefetch_is_no_trouble,
    functions_that_burn_time_starve_nobody,
    an_idle_service_does_not_wake,
);

async fn a_consumer_whose_queue_is_deleted_declares_it_again(target: &Target) {
    let mut host = Host::start(target, "deleted", "obedient").await;
    for round in 1..=3 {
        let queue = host.queue("in");
        let delete = QueueDeleteOptions::default();
        let deleted = host
            .client
            .channel
            .queue_delete(queue.as_str().into(), delete);
        deleted.await.unwrap();
        host.says("\"consuming\"", round + 1).await;
        let id = 20 + round as u64;
        host.send(id).await;
        host.all_arrive([id]).await;
    }
    assert!(host.log().contains("deleted or moved"), "{}", host.log());
    assert_eq!(host.terminate().await, Some(0));
}

async fn a_transient_queue_is_used_and_warned_of(target: &Target) {
    let mut host = Host::prepare(target, "transient", "obedient").await;
    let queue = host.queue("in");
    let transient = QueueDeclareOptions::default();
    let declared =
        host.client
            .channel
            .queue_declare(queue.as_str().into(), transient, FieldTable::default());
    declared.await.unwrap();
    host.spawn();
    host.says("\"consuming\"", 1).await;
    let log = host.log();
    let warning = log
        .lines()
        .find(|line| line.contains("the queue is transient"));
    let warning = warning.unwrap_or_else(|| panic!("no warning: {log}"));
    assert!(warning.contains(&queue), "{warning}");
    assert_eq!(log.matches("the queue is transient").count(), 1, "{log}");
    host.send(20).await;
    host.all_arrive([20]).await;
    assert_eq!(host.terminate().await, Some(0));
    let delete = QueueDeleteOptions::default();
    let channel = &host.client.channel;
    channel
        .queue_delete(queue.as_str().into(), delete)
        .await
        .unwrap();
}

async fn a_broker_that_hands_out_more_than_the_prefetch_is_no_trouble(target: &Target) {
    let mut host = Host::prepare(target, "prefetch", "pausing").await;
    host.proxy.hide_prefetch();
    host.spawn();
    host.consumes().await;
    // Each takes so many milliseconds, and there is room for 4 with the workers and 8 that wait.
    host.send_all([100; 30]).await;
    host.depth_of("even", 30).await;
    let log = host.log();
    assert!(log.contains("more messages than the prefetch"), "{log}");
    // That they came again says nothing against them.
    assert!(!log.contains("will be tried again"), "{log}");
    assert_eq!(host.terminate().await, Some(0));
    assert_eq!(host.depth("in").await, 0);
    assert_eq!(host.depth("dlq").await, 0);
}

/// RabbitMQ waits for 30 minutes, and the embedded broker without end: each said who it is.
#[tokio::test(flavor = "multi_thread")]
async fn a_function_that_outlasts_the_brokers_patience_is_warned_of() {
    const WARNING: &str = "\"consumer_timeout\":\"1800s\"";
    for (target, warned) in [
        (Target::rabbitmq(), true),
        (Target::embedded().await, false),
    ] {
        let mut host = Host::start(&target, "patient", "patient").await;
        let log = host.log();
        assert_eq!(log.contains(WARNING), warned, "{log}");
        assert_eq!(host.terminate().await, Some(0));
        target.stop().await;
    }
}

/// More of them than there are processors: whoever speaks with the broker still gets its turn.
async fn functions_that_burn_time_starve_nobody(target: &Target) {
    let mut host = Host::start(target, "burning", "burning").await;
    host.send_all([4_000; 32]).await;
    host.depth_of("in", 0).await;
    let begun = Instant::now();
    host.send_text("not an id").await;
    host.depth_of("dlq", 1).await;
    let took = begun.elapsed();
    assert!(took < Duration::from_secs(2), "it waited {took:?}");
    host.signal("KILL").await;
    assert_eq!(host.ended().await, None);
}

/// Whoever waits for messages is woken by messages, and by a heartbeat every quarter of a minute.
async fn an_idle_service_does_not_wake(target: &Target) {
    const SECONDS: u64 = 5;
    let mut host = Host::start(target, "idle", "obedient").await;
    host.send(20).await;
    host.all_arrive([20]).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let before = wakes(host.process());
    tokio::time::sleep(Duration::from_secs(SECONDS)).await;
    let woken = wakes(host.process()) - before;
    assert!(woken < 2 * SECONDS, "{woken} times in {SECONDS} s");
    assert_eq!(host.terminate().await, Some(0));
}

/// How often the threads of a process have gone to sleep.
fn wakes(process: u32) -> u64 {
    let threads = fs::read_dir(format!("/proc/{process}/task")).unwrap();
    let counts = threads.map(|thread| {
        let status = fs::read_to_string(thread.unwrap().path().join("status")).unwrap();
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
        line.unwrap().trim().parse::<u64>().unwrap()
    });
    counts.sum()
}

/// RabbitMQ's own restarts are the chaos test's.
#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_restarts_is_found_again() {
    let directory = tempfile::TempDir::new().unwrap();
    let place = directory.path().join("broker");
    let broker = start(&place).await;
    let target = Target::at(broker.address());
    let mut host = Host::start(&target, "restarted", "obedient").await;
    for round in 0..2 {
        host.send_all(100 * round + 20..100 * round + 60).await;
    }
    broker.shutdown().await;
    let broker = start(&place).await;
    host.proxy.forward(Some(broker.address().to_string()));
    host.says("\"consuming\"", 2).await;
    host.client = Target::at(broker.address()).client().await;
    host.all_arrive((20..60).chain(120..160)).await;
    assert_eq!(host.terminate().await, Some(0));
    broker.shutdown().await;
}

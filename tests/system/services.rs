//! Small services as they run in production, in processes of their own: what fails, what hangs, what is
//! killed and what goes away under them. Nothing is lost, on either broker.

pub(crate) mod host;
pub(crate) mod observability;
mod outages;
pub(crate) mod proxy;
mod retries;
mod supervision;

use std::{collections::BTreeSet, time::Duration};

use lapin::{BasicProperties, options::QueueDeleteOptions, types::AMQPValue};
use tokio::{process::Command, time::Instant};

use self::host::Host;
use crate::{
    brokers::Target,
    conformance::{arguments, on_both_brokers, text},
    environment::python,
};

on_both_brokers!(
    each_failure_is_a_dead_letter_with_its_reason,
    results_go_to_every_queue_of_their_case,
    message_ids_are_the_same_on_a_repeated_attempt,
    nothing_is_lost_when_an_output_queue_goes,
    a_dead_letter_stays_whatever_its_producer_wrote,
    threads_work_at_once,
    futures_work_at_once,
    a_signal_drains_what_runs,
    a_second_signal_gives_work_back_at_once,
    what_has_ended_is_acknowledged_while_others_run,
    nothing_is_lost_when_a_service_is_killed,
    nothing_is_lost_when_the_connection_is_cut,
    a_startup_functions_results_are_routed,
    an_async_startup_functions_results_are_routed,
    a_startup_function_that_fails_ends_the_service,
    a_broker_that_hangs_does_not_keep_a_service_from_ending,
);

/// Publishes an id under headers that no parser reads by recursion: deeper than a thread's stack.
const DEEP_HEADERS: &str = "
import sys, threading, pika
def publish(url, queue):
    headers = {}
    for _ in range(15_000):
        headers = {'n': headers}
    connection = pika.BlockingConnection(pika.URLParameters(url))
    properties = pika.BasicProperties(headers=headers, delivery_mode=2, message_id='deep')
    connection.channel().basic_publish('', queue, b'20', properties)
    connection.close()
sys.setrecursionlimit(100_000)
threading.stack_size(512 << 20)
thread = threading.Thread(target=publish, args=sys.argv[1:])
thread.start()
thread.join()
";

#[tokio::test(flavor = "multi_thread")]
async fn headers_thousands_deep_end_nobody() {
    let target = Target::rabbitmq();
    let mut host = Host::start(&target, "deep", "obedient").await;
    let queue = host.queue("in");
    let published = Command::new(python())
        .args(["-c", DEEP_HEADERS, &target.url, &queue])
        .status();
    assert!(published.await.unwrap().success());
    host.send(30).await;
    host.depth_of("even", 2).await;
    assert_eq!(host.ids("even").await, ["20", "30"]);
    let log = host.log();
    assert!(log.contains("nested too deep, and are left out"), "{log}");
    assert_eq!(host.terminate().await, Some(0));
}

async fn each_failure_is_a_dead_letter_with_its_reason(target: &Target) {
    let mut host = Host::start(target, "failures", "obedient").await;
    for id in 1..=7 {
        host.send(id).await;
    }
    for body in ["", "-1", "18446744073709551616", "seven", "\u{1F600}"] {
        host.send_text(body).await;
    }
    host.send_bytes(&[0xff; 300]).await;
    host.send(20).await;
    host.depth_of("dlq", 13).await;
    let mut letters = host.dead_letters().await;
    letters.sort();
    insta::allow_duplicates! { insta::assert_snapshot!("failures", letters.join("\n")) };
    assert_eq!(host.ids("even").await, ["20"]);
    assert_eq!(host.terminate().await, Some(0));
}

async fn results_go_to_every_queue_of_their_case(target: &Target) {
    let mut host = Host::start(target, "routes", "obedient").await;
    for id in [8, 9, 10, 12] {
        host.send(id).await;
    }
    host.depth_of("even", 7).await;
    host.depth_of("odd", 6).await;
    let mut even = host.ids("even").await;
    even.sort();
    assert_eq!(even, ["100", "102", "104", "106", "108", "12", "8"]);
    assert_eq!(host.object(12), b"twelve");
    assert_eq!(host.terminate().await, Some(0));
    assert_eq!(host.staged(), 0);
}

async fn message_ids_are_the_same_on_a_repeated_attempt(target: &Target) {
    let mut host = Host::start(target, "ids", "obedient").await;
    for _ in 0..2 {
        let named = BasicProperties::default().with_message_id("m-1".into());
        host.send_with(b"30", named).await;
    }
    host.depth_of("even", 2).await;
    let messages = host.take("even").await;
    let ids: BTreeSet<_> = messages
        .iter()
        .map(|message| message.properties.message_id().clone())
        .collect();
    assert_eq!(ids.len(), 1, "{ids:?}");
    let properties = &messages[0].properties;
    assert_eq!(
        properties
            .app_id()
            .as_ref()
            .map(lapin::types::ShortString::as_str),
        Some("obedient")
    );
    assert_eq!(properties.delivery_mode(), &Some(2));
    assert!(properties.timestamp().is_some());
    assert_eq!(host.terminate().await, Some(0));
}

/// Half of the messages come back, among many that the broker confirms together. Their queue is declared again,
/// and their next attempt finds it.
async fn nothing_is_lost_when_an_output_queue_goes(target: &Target) {
    const IDS: u64 = 2_000;
    let mut host = Host::start(target, "gone", "obedient").await;
    let odd = host.queue("odd");
    let delete = QueueDeleteOptions::default();
    host.client
        .channel
        .queue_delete(odd.as_str().into(), delete)
        .await
        .unwrap();
    host.send_all(20..20 + IDS).await;
    host.depth_of("even", 1_000).await;
    host.appears("odd").await;
    host.depth_of("odd", 1_000).await;
    let numbers = |texts: Vec<String>| -> BTreeSet<u64> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    };
    let mut arrived = numbers(host.ids("even").await);
    assert!(arrived.iter().all(|id| id % 2 == 0), "{arrived:?}");
    arrived.extend(numbers(host.ids("odd").await));
    assert_eq!(arrived, (20..20 + IDS).collect());
    assert_eq!(host.depth("dlq").await, 0);
    host.finished().await;
}

async fn a_dead_letter_stays_whatever_its_producer_wrote(target: &Target) {
    let mut host = Host::start(target, "wrote", "obedient").await;
    let headers = arguments(&[
        ("tenant", text("a")),
        ("long", text(&"x".repeat(90_000))),
        ("x-slingshot-attempt", AMQPValue::Boolean(true)),
    ]);
    let strange = BasicProperties::default()
        .with_headers(headers)
        .with_expiration("1500".into())
        .with_priority(3);
    host.send_with(b"2", strange).await;
    host.depth_of("dlq", 1).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let letters = host.take("dlq").await;
    assert_eq!(letters.len(), 1, "the dead letter expired");
    assert_eq!(letters[0].properties.priority(), &Some(3));
    assert_eq!(host.terminate().await, Some(0));
}

async fn threads_work_at_once(target: &Target) {
    work_at_once(target, "threads", "pausing").await;
}

async fn futures_work_at_once(target: &Target) {
    work_at_once(target, "futures", "waiting").await;
}

async fn work_at_once(target: &Target, name: &str, service: &str) {
    let mut host = Host::start(target, name, service).await;
    let begun = Instant::now();
    for _ in 0..8 {
        host.send(500).await;
    }
    host.depth_of("even", 8).await;
    let took = begun.elapsed();
    assert!(
        took >= Duration::from_secs(1) && took < Duration::from_millis(2500),
        "8 times 500 ms by 4 took {took:?}"
    );
    assert_eq!(host.terminate().await, Some(0));
}

async fn a_signal_drains_what_runs(target: &Target) {
    let mut host = Host::start(target, "drain", "pausing").await;
    for _ in 0..12 {
        host.send(1000).await;
    }
    host.begins(4).await;
    assert_eq!(host.terminate().await, Some(0));
    host.depth_of("even", 4).await;
    host.depth_of("in", 8).await;
    let said = host.log();
    for words in ["\"consuming\"", "\"drained\""] {
        assert_eq!(said.matches(words).count(), 1, "{said}");
    }
    assert_eq!(said.lines().count(), 2, "{said}");
}

async fn a_second_signal_gives_work_back_at_once(target: &Target) {
    let mut host = Host::start(target, "leave", "pausing").await;
    host.send(20_000).await;
    host.begins(0).await;
    host.signal("TERM").await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    let begun = Instant::now();
    let ended = host.terminate().await;
    assert_eq!(ended, Some(75), "{}", host.log());
    assert!(begun.elapsed() < Duration::from_secs(5));
    host.depth_of("in", 1).await;
    assert_eq!(host.depth("even").await, 0);
}

/// Acknowledgements are gathered while messages wait for a replica, though not for as long as one may take.
async fn what_has_ended_is_acknowledged_while_others_run(target: &Target) {
    const SLOW: u64 = 60_000;
    let mut host = Host::start(target, "gathered", "pausing").await;
    // All replicas but one are busy, and what ends on it has others waiting behind it.
    for id in [[SLOW; 3], [2; 3], [SLOW; 3], [SLOW; 3]].concat() {
        host.send(id).await;
    }
    host.depth_of("even", 3).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    host.signal("KILL").await;
    assert_eq!(host.ended().await, None);
    host.depth_of("in", 9).await;
    assert_eq!(host.depth("even").await, 3);
}

async fn nothing_is_lost_when_a_service_is_killed(target: &Target) {
    let mut host = Host::start(target, "killed", "obedient").await;
    for round in 0..3 {
        host.send_all(1_000 * round + 100..1_000 * round + 400)
            .await;
        host.signal("KILL").await;
        host.restart().await;
    }
    host.all_arrive((0..3).flat_map(|round| 1_000 * round + 100..1_000 * round + 400))
        .await;
    assert_eq!(host.terminate().await, Some(0));
    assert_eq!(host.staged(), 0);
}

async fn nothing_is_lost_when_the_connection_is_cut(target: &Target) {
    let mut host = Host::start(target, "cut", "obedient").await;
    for round in 0..3 {
        host.send_all(1_000 * round + 100..1_000 * round + 400)
            .await;
        host.proxy.cut();
    }
    host.all_arrive((0..3).flat_map(|round| 1_000 * round + 100..1_000 * round + 400))
        .await;
    assert_eq!(host.terminate().await, Some(0));
}

async fn a_startup_functions_results_are_routed(target: &Target) {
    let mut host = Host::start(target, "starting", "starting").await;
    assert_eq!(host.ids("even").await, ["40", "41"]);
    assert_eq!(host.ids("odd").await, ["41"]);
    assert_eq!(host.terminate().await, Some(0));
}

async fn an_async_startup_functions_results_are_routed(target: &Target) {
    let mut host = Host::start(target, "starting-async", "starting-async").await;
    assert_eq!(host.ids("even").await, ["40", "41"]);
    assert_eq!(host.ids("odd").await, ["41"]);
    assert_eq!(host.object(40), b"forty");
    assert_eq!(host.terminate().await, Some(0));
}

async fn a_startup_function_that_fails_ends_the_service(target: &Target) {
    for (service, words) in [
        (
            "doomed",
            "the startup function failed: nothing to start with",
        ),
        (
            "misrouted",
            "the startup function failed: the sys-map does not route the case",
        ),
    ] {
        let mut host = Host::prepare(target, service, service).await;
        host.spawn();
        assert_eq!(host.ended().await, Some(1));
        assert!(host.log().contains(words), "{}", host.log());
    }
}

async fn a_broker_that_hangs_does_not_keep_a_service_from_ending(target: &Target) {
    let mut host = Host::prepare(target, "hangs", "obedient").await;
    host.proxy.freeze();
    host.spawn();
    tokio::time::sleep(Duration::from_secs(1)).await;
    let begun = Instant::now();
    assert_eq!(host.terminate().await, Some(0));
    assert!(begun.elapsed() < Duration::from_secs(2));
}

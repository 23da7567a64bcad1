//! Services seen from outside: their admin server, their metrics, their traces and what they log of a message.

pub(crate) mod collector;

use std::{io::Write as _, net::SocketAddr, process::Stdio, time::Duration};

use lapin::BasicProperties;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    time::{Instant, sleep},
};

use super::host::Host;
use crate::{
    brokers::Target,
    conformance::{arguments, on_both_brokers, text},
    environment::python,
};
use collector::Collector;

on_both_brokers!(
    a_service_is_ready_while_it_consumes_and_says_why_it_is_not,
    a_probe_sees_a_service_start_and_drain,
    prometheus_reads_what_a_service_counts,
    one_trace_leads_through_retries_services_and_dead_letters,
    a_collector_that_is_away_keeps_nobody,
    an_admin_port_that_is_taken_is_an_error_only_if_it_was_asked_for,
);

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const PARENT: &str = "b7ad6b7169203331";

async fn a_service_is_ready_while_it_consumes_and_says_why_it_is_not(target: &Target) {
    let mut host = Host::start(target, "ready", "obedient").await;
    let admin = admin(&host);
    assert_eq!(get(admin, "/livez").await, (200, "ok\n".to_owned()));
    let (status, said) = get(admin, "/readyz").await;
    assert_eq!(status, 200);
    let lines: Vec<_> = said.lines().map(without_time).collect();
    assert_eq!(
        lines,
        [
            "ready",
            "obedient consumer: ready",
            "obedient broker: ok",
            "obedient objects: not used yet",
            "obedient sys-map: ok"
        ]
    );
    // Id 12 writes an object.
    host.send(12).await;
    patiently(async || until_ready_is(admin, 200).await.contains("objects: ok")).await;
    host.proxy.refuse();
    let said = until_ready_is(admin, 503).await;
    assert!(
        said.starts_with("not ready\nobedient consumer: starting"),
        "{said}"
    );
    assert!(
        said.contains("obedient broker: ") && !said.contains("obedient broker: ok"),
        "{said}"
    );
    host.proxy.forward(None);
    until_ready_is(admin, 200).await;
    assert_eq!(get(admin, "/secrets").await.0, 404);
    assert_eq!(host.terminate().await, Some(0));
}

async fn a_probe_sees_a_service_start_and_drain(target: &Target) {
    let address = free_address().await;
    let mut host = Host::prepare(target, "probe", "pausing").await;
    host.proxy.refuse();
    host.spawn_with(&[("SLINGSHOT_ADMIN", &address.to_string())]);
    let said = until_ready_is(address, 503).await;
    assert!(said.contains("pausing consumer: starting"), "{said}");
    host.proxy.forward(None);
    host.consumes().await;
    until_ready_is(address, 200).await;
    host.send(3_000).await;
    host.begins(0).await;
    host.signal("TERM").await;
    // The process knows a moment before its consumer does.
    patiently(async || {
        let said = until_ready_is(address, 503).await;
        said.starts_with("draining\npausing consumer: draining")
    })
    .await;
    assert_eq!(host.ended().await, Some(0));
}

/// As two real parsers see it, Prometheus's older text format and `OpenMetrics`.
const PARSE: &str = "
import sys
from prometheus_client.openmetrics import parser as new
from prometheus_client import parser as old
text = sys.stdin.read()
list(old.text_string_to_metric_families(text))
for family in new.text_string_to_metric_families(text):
    for sample in family.samples:
        labels = ','.join(f'{k}={v}' for k, v in sorted(sample.labels.items()) if not k.startswith('messaging_'))
        print(f'{sample.name}{{{labels}}} {sample.value:g}')
";

async fn prometheus_reads_what_a_service_counts(target: &Target) {
    let mut host = Host::start(target, "metrics", "obedient").await;
    for id in [3, 12, 14, 16, 20] {
        host.send(id).await;
    }
    let mut metrics = String::new();
    patiently(async || {
        metrics = get(admin(&host), "/metrics").await.1;
        metrics.contains("outcome=\"ack\"} 3\n")
    })
    .await;
    let mut parser = std::process::Command::new(python())
        .args(["-c", PARSE])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = parser.stdin.take().unwrap();
    stdin.write_all(metrics.as_bytes()).unwrap();
    drop(stdin);
    let parsed = parser.wait_with_output().unwrap();
    assert!(parsed.status.success(), "{metrics}");
    let parsed = String::from_utf8(parsed.stdout).unwrap();
    for sample in [
        "messaging_client_consumed_messages_total{slingshot_service=obedient} 7",
        "slingshot_messages_processed_total{outcome=ack,slingshot_service=obedient} 3",
        "slingshot_messages_processed_total{outcome=skip,slingshot_service=obedient} 1",
        "slingshot_messages_processed_total{outcome=retry,slingshot_service=obedient} 2",
        "slingshot_dead_letters_total{error_type=permanent,slingshot_service=obedient} 1",
        "slingshot_retry_scheduled_total{delay=200ms,slingshot_service=obedient} 1",
        "slingshot_retry_scheduled_total{delay=400ms,slingshot_service=obedient} 1",
        "slingshot_messages_in_flight{slingshot_service=obedient} 0",
        "slingshot_object_io_bytes_total{direction=write,slingshot_service=obedient} 6",
        "slingshot_consumer_state{slingshot_service=obedient,state=ready} 1",
        "target_info{service_name=obedient} 1",
    ] {
        assert!(
            parsed.lines().any(|line| line == sample),
            "no {sample} in\n{parsed}"
        );
    }
    for name in ["process_resident_memory_bytes", "process_cpu_seconds_total"] {
        assert!(parsed.contains(name), "no {name} in\n{parsed}");
    }
    assert_eq!(host.terminate().await, Some(0));
}

/// As Prometheus reads its rules, each with what it says of itself.
const LOAD: &str = "
import sys, yaml
for group in yaml.safe_load(sys.stdin)['groups']:
    for rule in group['rules']:
        assert set(rule) - {'for'} == {'alert', 'expr', 'labels', 'annotations'}, rule
        assert set(rule['annotations']) == {'summary', 'description'}, rule
        assert isinstance(rule['expr'], str), rule
        print(rule['alert'], rule.get('for', 'at once'), rule['labels']['severity'])
";

/// That their expressions name what a service exports is a test of the metrics'.
#[test]
fn the_alerts_can_be_loaded() {
    let alerts = concat!(env!("CARGO_MANIFEST_DIR"), "/../dashboards/alerts.yaml");
    let loaded = std::process::Command::new(python())
        .args(["-c", LOAD])
        .stdin(std::fs::File::open(alerts).unwrap())
        .output()
        .unwrap();
    let words = String::from_utf8_lossy(&loaded.stderr);
    assert!(loaded.status.success(), "{words}");
    insta::assert_snapshot!(String::from_utf8_lossy(&loaded.stdout), @r"
    SlingshotConsumerAbsent 2m critical
    SlingshotServiceGone 2m critical
    SlingshotNotReady 5m warning
    SlingshotDependencyDown 2m critical
    SlingshotDeadLetters at once warning
    SlingshotRetriesFrequent 10m warning
    SlingshotQueueTime 10m warning
    SlingshotUnroutable at once critical
    SlingshotReconnects at once warning
    ");
}

async fn one_trace_leads_through_retries_services_and_dead_letters(target: &Target) {
    let mut collector = Collector::start().await;
    let mut host = Host::prepare(target, "traces", "obedient").await;
    host.spawn_with(&[
        ("SLINGSHOT_SERVICES", "obedient,telling"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.url()),
        ("OTEL_EXPORTER_OTLP_HEADERS", "x-token=abc"),
        ("OTEL_SERVICE_NAME", "pair"),
    ]);
    host.says("\"consuming\"", 2).await;
    let traced = arguments(&[("traceparent", text(&format!("00-{TRACE}-{PARENT}-01")))]);
    let message = BasicProperties::default()
        .with_headers(traced)
        .with_message_id("m-1".into());
    host.send_with(b"16", message).await;
    let even_dead = format!("{}.dlq", host.queue("even"));
    host.says("\"told\"", 1).await;
    patiently(async || host.client.depth(&even_dead).await == 1).await;

    let log = host.log();
    let line = |words: &str| -> serde_json::Value {
        let line = log.lines().find(|line| line.contains(words)).unwrap();
        serde_json::from_str(line).unwrap()
    };
    let failed = line("will be tried again");
    assert_eq!(
        (&failed["service"], &failed["attempt"]),
        (&"obedient".into(), &1.into())
    );
    assert_eq!(
        (&failed["trace_id"], &failed["message_id"]),
        (&TRACE.into(), &"m-1".into())
    );
    let told = line("\"told\"");
    assert_eq!(
        (&told["service"], &told["attempt"]),
        (&"telling".into(), &1.into())
    );
    assert_eq!(
        (&told["trace_id"], &told["request"]),
        (&TRACE.into(), &16.into())
    );
    assert!(told["message_id"].is_string(), "{told}");

    assert_eq!(host.terminate().await, Some(0));
    assert_eq!(collector.tokens(), ["abc"]);
    let spans = collector.spans();
    let prefix = host.queue("");
    let mut parent = PARENT.to_owned();
    let mut chain = Vec::new();
    while let Some(span) = spans.iter().find(|span| span.parent == parent) {
        assert_eq!((&*span.trace, &*span.service), (TRACE, "pair"));
        chain.push(format!("{} {}", span.name.replace(&prefix, ""), span.says));
        parent.clone_from(&span.id);
    }
    insta::allow_duplicates! { insta::assert_snapshot!(chain.join("\n"), @r"
    process in consumer attempt 1 retry error
    publish in.retry.200ms producer
    process in consumer attempt 2 retry error
    publish in.retry.400ms producer
    process in consumer attempt 3 ack
    publish even producer
    process even consumer attempt 1 dead_letter permanent
    publish even.dlq producer
    ") };
    assert_eq!(spans.len(), chain.len(), "{spans:?}");
}

async fn a_collector_that_is_away_keeps_nobody(target: &Target) {
    let nobody = format!("http://{}", free_address().await);
    let mut host = Host::prepare(target, "nobody", "obedient").await;
    host.spawn_with(&[("OTEL_EXPORTER_OTLP_ENDPOINT", &nobody)]);
    host.consumes().await;
    host.send_all(20..220).await;
    host.depth_of("even", 100).await;
    host.depth_of("odd", 100).await;
    let begun = Instant::now();
    assert_eq!(host.terminate().await, Some(0));
    let took = begun.elapsed();
    assert!(took < Duration::from_secs(10), "{took:?}");
}

async fn an_admin_port_that_is_taken_is_an_error_only_if_it_was_asked_for(target: &Target) {
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let mut host = Host::prepare(target, "taken", "obedient").await;
    host.spawn_with(&[("SLINGSHOT_ADMIN", &address)]);
    assert_eq!(host.ended().await, Some(2));
    assert!(
        host.log()
            .contains(&format!("SLINGSHOT_ADMIN asks for {address}"))
    );

    // Whether the default port is free here or not: one of two processes does not get it.
    let mut other = Host::prepare(target, "second", "obedient").await;
    for host in [&mut host, &mut other] {
        host.spawn_with(&[("SLINGSHOT_ADMIN", "")]);
        host.consumes().await;
        assert_eq!(get(admin(host), "/livez").await.0, 200);
    }
    assert_ne!(admin(&host), admin(&other));
    assert_eq!(host.terminate().await, Some(0));
    assert_eq!(other.terminate().await, Some(0));

    host.spawn_with(&[("SLINGSHOT_ADMIN", "off")]);
    host.consumes().await;
    assert!(!host.log().contains("\"admin\""), "{}", host.log());
    assert_eq!(host.terminate().await, Some(0));
}

/// Where the service's log says that its admin server is.
fn admin(host: &Host) -> SocketAddr {
    let log = host.log();
    let line = log
        .lines()
        .find(|line| line.contains("\"consuming\""))
        .unwrap();
    let line: serde_json::Value = serde_json::from_str(line).unwrap();
    line["admin"].as_str().unwrap().parse().unwrap()
}

fn without_time(line: &str) -> &str {
    line.split_once(" (for ").map_or(line, |(said, _)| said)
}

async fn free_address() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    listener.local_addr().unwrap()
}

async fn until_ready_is(admin: SocketAddr, wanted: u16) -> String {
    let mut said = String::new();
    patiently(async || {
        let status;
        (status, said) = get(admin, "/readyz").await;
        status == wanted
    })
    .await;
    said
}

/// Waits until it is so.
async fn patiently(mut is_so: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !is_so().await {
        assert!(Instant::now() < deadline, "it does not come to be so");
        sleep(Duration::from_millis(20)).await;
    }
}

/// Status and body; 0 while nobody listens.
async fn get(address: SocketAddr, path: &str) -> (u16, String) {
    let Ok(mut connection) = TcpStream::connect(address).await else {
        return (0, String::new());
    };
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    connection.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, body.to_owned())
}

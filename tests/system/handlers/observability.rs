//! What a process of handlers says of itself.

use reqwest::header;
use serde_json::Value;

use super::host::Host;

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";

/// The handler and the trace in the line of the log that has these words, when a call was made within a trace.
async fn logged(host: &mut Host, handler: &str, data: &'static str, words: &str) -> [Value; 2] {
    let parent = format!("00-{TRACE}-b7ad6b7169203331-01");
    let request = host.client.post(host.url(handler)).body(data);
    request.header("traceparent", parent).send().await.unwrap();
    let line = host.says(words).await;
    let line: Value = serde_json::from_str(&line).unwrap();
    ["handler", "trace_id"].map(|field| line[field].clone())
}

#[tokio::test]
async fn what_goes_wrong_is_logged_with_its_handler_and_its_trace() {
    let mut host = Host::start().await;
    let host = &mut host;
    let of = |handler: &str| [handler, TRACE].map(Value::from);
    assert_eq!(
        logged(host, "panics", "x", "a handler panicked").await,
        of("panics")
    );
    assert_eq!(
        logged(host, "fails", "bread", "no bread today").await,
        of("fails")
    );
    let late = logged(host, "never_returns", "x", "within its timeout").await;
    assert_eq!(late, of("never_returns"));
    assert_eq!(
        logged(host, "blocks", "200", "kept its thread").await,
        of("blocks")
    );
    let dispatched = logged(host, "hands_on", "fails milk", "what was dispatched failed").await;
    assert_eq!(dispatched, of("fails"));
    // Nobody has said which trace it is, and nobody records one.
    assert_eq!(host.ask("fails", "wine").await.0, 500);
    let line = host.says("no wine today").await;
    let line: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(
        (&line["handler"], line.get("trace_id")),
        (&"fails".into(), None)
    );
}

#[tokio::test]
async fn readiness_has_a_line_for_the_listener() {
    let mut host = Host::start().await;
    let line: Value = serde_json::from_str(&host.says("\"listening\"").await).unwrap();
    let ready = format!("http://{}/readyz", line["admin"].as_str().unwrap());
    let client = host.client.clone();
    let asked = async |accept: &str| {
        let answer = client.get(&ready).header(header::ACCEPT, accept).send();
        let answer = answer.await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    let (status, text) = asked("text/plain").await;
    let lines: Vec<_> = text.lines().collect();
    assert_eq!((status, lines[0]), (200, "ready"));
    assert!(
        lines[1].starts_with("http listener: listening (for "),
        "{text}"
    );
    let (_, json) = asked("application/json").await;
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["listener"]["state"], "listening");
    let running = tokio::spawn(client.post(host.url("sleeps")).body("2000").send());
    host.says("sleeping").await;
    host.terminate();
    while host.ask("echo", "x").await.0 != 503 {}
    let (status, text) = asked("text/plain").await;
    assert_eq!(status, 503);
    assert!(text.contains("http listener: draining (for "), "{text}");
    assert!(running.await.unwrap().unwrap().status().is_success());
    assert_eq!(host.ended().await.code(), Some(0), "{}", host.log());
}

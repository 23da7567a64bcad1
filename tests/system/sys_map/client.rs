//! A service and a sys-map that does not say what it should: what the service prints, its exit code,
//! and how long that takes.

use std::time::Duration;

use tokio::time::Instant;

use super::{
    process::{Running, service},
    stand_in::{Answer, StandIn, body},
};

const SAMPLE: &str = r#"{"in": "sample", "out": [{"case": true, "queues": ["archive"]}]}"#;

/// An answer that is wrong is wrong the next time too.
const AT_ONCE: Duration = Duration::from_secs(20);
/// A minute of asking again, the last answer's five seconds, and a machine with other things to do.
const PATIENCE: Duration = Duration::from_secs(75);

/// How the service `sample` ends with these answers. `ADDRESS` stands for the sys-map's in what is
/// returned.
async fn end(answers: Vec<(&'static str, Answer)>) -> (Option<i32>, String, Duration) {
    let stand_in = StandIn::start(answers).await;
    let (code, last, time) = end_with(&stand_in.url).await;
    (code, last.replace(&stand_in.url, "http://ADDRESS"), time)
}

/// The exit code, the last line without its time, and how long it took.
async fn end_with(sys_map: &str) -> (Option<i32>, String, Duration) {
    // The binary is built before the clock runs.
    let mut command = service("sample");
    let start = Instant::now();
    let mut process = Running::start(command.env("SLINGSHOT_SYS_MAP", sys_map));
    let code = process.ends().await;
    let log = process.log();
    let last = log.lines().last().unwrap_or_default();
    let (_, words) = last.split_once("ERROR ").unwrap_or(("", last));
    (code, words.to_owned(), start.elapsed())
}

async fn check(answers: Vec<(&'static str, Answer)>, expected: &str) {
    let (code, last, time) = end(answers).await;
    let expected = format!("the service ended service=sample error=\"{expected}\"");
    assert_eq!((code, last), (Some(1), expected));
    assert!(time < AT_ONCE, "{time:?}");
}

#[tokio::test]
async fn a_service_s_answer_is_read_strictly() {
    let check = async |answer, expected: &str| {
        let url = "GET http://ADDRESS/sample";
        check(
            vec![("/sample", body(answer))],
            &format!("{url}: {expected}"),
        )
        .await;
    };
    check(
        "<!DOCTYPE html><title>Log in</title>",
        "the answer is a web page and not JSON; is this address a sys-map's?",
    )
    .await;
    check("[]", "the answer is not a JSON object").await;
    check(
        "",
        "the answer is not JSON: EOF while parsing a value at line 1 column 0",
    )
    .await;
    check(
        r#"{"in": ["sample"], "out": []}"#,
        "the field `in` must be a text that is not empty",
    )
    .await;
    check(
        r#"{"in": "sample", "out": [{"case": true, "queues": "archive"}]}"#,
        "the field `out[0].queues` must be a list of queue names",
    )
    .await;
}

#[tokio::test]
async fn a_broker_s_answer_is_read_strictly() {
    let check = async |host: &str, port: &str, pass: &str, expected: &str| {
        let rabbitmq = format!(
            r#"{{"host": {host}, "port": {port}, "username": ["slingshot"], "pass": {pass}}}"#
        );
        let answers = vec![("/sample", body(SAMPLE)), ("/rabbitmq", body(&rabbitmq))];
        let expected = format!("GET http://ADDRESS/rabbitmq: the field {expected}");
        check(answers, &expected).await;
    };
    let (host, port, pass) = (r#"["127.0.0.1"]"#, "[5672]", r#"["entry"]"#);
    let single = "must be a list of exactly one value, and has";
    check("[]", port, pass, &format!("`host` {single} 0")).await;
    check(r#"["a", "b"]"#, port, pass, &format!("`host` {single} 2")).await;
    check(host, "5672", pass, "`port` must be a list").await;
    check(
        host,
        r#"["5672"]"#,
        pass,
        "`port[0]` must be a port, 1 to 65535",
    )
    .await;
    // Somebody's password in the wrong place, and it is not repeated.
    check(host, port, r#""hunter2""#, "`pass` must be a list").await;
    check(
        host,
        port,
        r#"["--help"]"#,
        "`pass`: a `pass` entry may not start with `-` or `/`, nor contain `..`",
    )
    .await;
}

#[tokio::test]
async fn a_name_that_the_sys_map_does_not_know_is_not_asked_for_again() {
    check(
        vec![],
        "the sys-map answered 404 to GET http://ADDRESS/sample: it does not know this name",
    )
    .await;
    check(
        vec![("/sample", body(SAMPLE))],
        "the sys-map answered 404 to GET http://ADDRESS/rabbitmq: it does not know this name",
    )
    .await;
}

#[tokio::test]
async fn an_answer_without_an_end_is_not_read_to_its_end() {
    check(
        vec![("/sample", Answer::Endless)],
        "GET http://ADDRESS/sample: the answer is longer than 1048576 bytes",
    )
    .await;
}

#[tokio::test]
async fn no_address_and_none_that_can_be_are_configuration() {
    let mut process = Running::start(&mut service("sample"));
    assert_eq!(process.ends().await, Some(2), "{}", process.log());
    let log = process.log();
    assert!(
        log.contains("the service `sample` has no sys-map: set SLINGSHOT_SYS_MAP"),
        "{log}"
    );
    let (code, last, _) = end_with("http://me:hunter2@[").await;
    assert_eq!(code, Some(2), "{last}");
    assert!(
        last.contains("the sys-map's address is not a host: write"),
        "{last}"
    );
    assert!(!last.contains("hunter2"), "{last}");
}

#[tokio::test]
async fn a_sys_map_that_is_down_is_asked_again_for_a_minute() {
    let check = async |answers, expected: &str| {
        let (code, last, time) = end(answers).await;
        let expected = format!("the service ended service=sample error=\"{expected}\"");
        assert_eq!((code, last), (Some(1), expected));
        assert!(time > AT_ONCE && time < PATIENCE, "{time:?}");
    };
    let nobody = async {
        let stand_in = StandIn::start(vec![]).await;
        let url = stand_in.url.clone();
        drop(stand_in);
        let (code, last, time) = end_with(&url).await;
        let words = format!("the sys-map does not answer: GET {url}/sample: ");
        assert!(code == Some(1) && last.contains(&words), "{last}");
        assert!(last.contains("Connection refused"), "{last}");
        assert!(time > AT_ONCE && time < PATIENCE, "{time:?}");
    };
    // Three services side by side: one minute, not three.
    tokio::join!(
        nobody,
        check(
            vec![("/sample", Answer::Status(500))],
            "the sys-map answered 500 to GET http://ADDRESS/sample"
        ),
        check(
            vec![("/sample", Answer::Silence)],
            "the sys-map does not answer: GET http://ADDRESS/sample: operation timed out"
        ),
    );
}

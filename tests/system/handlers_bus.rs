//! Handlers that call handlers: the same calls in one process, over the embedded broker and over RabbitMQ, with the
//! same answers.

mod alone;
mod between;
mod node;
mod python;
mod restarts;
mod stage;

use serde_json::json;

use self::stage::{Mode, Stage};

/// Makes three tests of each case, one for each way that calls take.
macro_rules! on_every_bus {
    ($($case:ident),* $(,)?) => {
        mod process { $(#[tokio::test(flavor = "multi_thread")]
            async fn $case() {
                super::$case(&super::Stage::new(super::Mode::Process, stringify!($case)).await).await;
            })* }
        mod embedded { $(#[tokio::test(flavor = "multi_thread")]
            async fn $case() {
                super::$case(&super::Stage::new(super::Mode::Embedded, stringify!($case)).await).await;
            })* }
        mod rabbitmq { $(#[tokio::test(flavor = "multi_thread")]
            async fn $case() {
                super::$case(&super::Stage::new(super::Mode::RabbitMq, stringify!($case)).await).await;
            })* }
    };
}

on_every_bus!(
    a_call_is_answered_or_fails_at_once,
    payloads_keep_their_types,
    an_error_is_the_same_wherever_the_handler_runs,
    a_circle_is_an_error_and_no_standstill,
    replies_belong_to_their_calls,
    a_line_that_is_full_refuses_at_once,
    what_is_dispatched_is_done_and_waits_for_room,
    a_broadcast_is_heard_by_all_who_listen,
    a_slow_listener_is_told_what_it_missed,
    a_process_that_drains_finishes_what_it_has_begun,
);

async fn a_call_is_answered_or_fails_at_once(stage: &Stage) {
    let process = stage.start().await;
    let check = async |said: &str, expected: &str| {
        assert_eq!(process.asked("relay", said).await, expected);
    };
    check("echo hello", "200 hello").await;
    check("relay relay echo deep", "200 deep").await;
    check("is_patient x", "200 x").await;
    check("from_a_thread x", "200 x").await;
    check("none x", "500 Handler not found: none").await;
    check("no.name x", "500 Handler not found: no.name").await;
    check("fails bread", "500 no bread today").await;
    check("panics x", "500 `panics` panicked").await;
    check("refuses 7", "500 7 is taken").await;
    let late = "504 `never_returns` did not answer within its timeout of 300ms";
    check("never_returns x", late).await;
    check("echo again", "200 again").await;
    process.finished().await;
}

async fn payloads_keep_their_types(stage: &Stage) {
    let process = stage.start().await;
    let types = process.asked("types", "x").await;
    assert_eq!(types, r#"200 -2 b"\xff\0" true types"#);
    let long = "é".repeat(500_000);
    let said = process.asked("relay", &format!("echo {long}")).await;
    assert!(said == format!("200 {long}"), "{}", said.len());
    process.finished().await;
}

async fn an_error_is_the_same_wherever_the_handler_runs(stage: &Stage) {
    let process = stage.start().await;
    let check = async |said: &str, expected: &str| {
        assert_eq!(process.asked("tells", said).await, expected);
    };
    check("none x", r#"200 404 NotFound("none")"#).await;
    let failed =
        r#"200 409 Failed { handler: "refuses", message: "7 is taken", status: Some(409) }"#;
    check("refuses 7", failed).await;
    check("panics x", r#"200 500 Panicked { handler: "panics" }"#).await;
    let late = r#"200 504 Timeout { handler: "never_returns", timeout: 300ms }"#;
    check("never_returns x", late).await;
    let malformed = process.asked("tells", "adds x").await;
    assert!(
        malformed
            .starts_with(r#"200 400 Malformed { handler: "adds", message: "the data does not"#),
        "{malformed}"
    );
    process.finished().await;
}

async fn a_circle_is_an_error_and_no_standstill(stage: &Stage) {
    let process = stage.start().await;
    let words = "handlers may call each other to a depth of 16, and each within its timeout";
    let said = process.asked("calls_itself", "x").await;
    let itself = format!("500 calls_itself → calls_itself: {words}");
    assert_eq!(said, itself);
    let said = process.asked("goes_deeper", "x").await;
    assert_eq!(said.matches("goes_deeper").count(), 18, "{said}");
    assert!(said.starts_with("500 ") && said.ends_with(words), "{said}");
    assert_eq!(process.asked("hands_on", "goes_round x").await, "200 null");
    process.comes_to("ends", 1).await;
    assert_eq!(process.state("rounds").await, 16);
    process.finished().await;
}

async fn replies_belong_to_their_calls(stage: &Stage) {
    let process = stage.start().await;
    let said = process.asked("swarms", "10000").await;
    assert_eq!(said, "200 10000 matched");
    process.finished().await;
}

async fn a_line_that_is_full_refuses_at_once(stage: &Stage) {
    let process = stage.start().await;
    let full = "the line of `sleeps` is full: 1 calls run and 1 wait";
    let expected = format!("200 500\n500\n{full}\n{full}\n{full}");
    assert_eq!(process.asked("crowds", "x").await, expected);
    process.finished().await;
}

async fn what_is_dispatched_is_done_and_waits_for_room(stage: &Stage) {
    let process = stage.start().await;
    for _ in 0..50 {
        assert_eq!(process.asked("hands_on", "counts x").await, "200 null");
    }
    assert_eq!(process.asked("pours", "x").await, "200 waited: true");
    let unknown = process.asked("hands_on", "none x").await;
    assert_eq!(unknown, "500 Handler not found: none");
    process.comes_to("counted", 50).await;
    process.comes_to("naps", 8).await;
    process.finished().await;
}

async fn a_broadcast_is_heard_by_all_who_listen(stage: &Stage) {
    let process = stage.start().await;
    for listener in ["ticks one", "ticks other", "tocks third"] {
        assert_eq!(process.asked("listens", listener).await, "200 null");
    }
    for telling in ["ticks 100", "tocks 7", "nobody 3"] {
        assert_eq!(process.asked("broadcasts", telling).await, "200 null");
    }
    process.comes_to("one", 100).await;
    process.comes_to("other", 100).await;
    process.comes_to("third", 7).await;
    let (status, message) = process.ask("state", "one missed").await;
    assert_eq!((status, message), (200, json!(0)));
    process.finished().await;
}

async fn a_slow_listener_is_told_what_it_missed(stage: &Stage) {
    let process = stage.start().await;
    assert_eq!(process.asked("dawdles", "1500").await, "200 true 1500");
    process.finished().await;
}

async fn a_process_that_drains_finishes_what_it_has_begun(stage: &Stage) {
    let mut process = stage.start().await;
    let call = process.try_to_ask("relay", "calls_later x");
    let ending = async {
        process.comes_to("later", 1).await;
        process.terminate();
    };
    let (answer, ()) = tokio::join!(call, ending);
    let answer = answer.unwrap().text().await.unwrap();
    assert!(answer.contains("\"later\""), "{answer}");
    assert_eq!(process.ended().await.code(), Some(0), "{}", process.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bus_over_a_broker_that_nobody_names_is_a_wrong_configuration() {
    let stage = Stage::new(Mode::Process, "nobody").await;
    let (code, log) = stage.refused(&[("SLINGSHOT_BUS", "amqp")]).await;
    assert_eq!(code, Some(2));
    let words =
        "SLINGSHOT_BUS is `amqp`, and nobody says where the broker is: set SLINGSHOT_SYS_MAP";
    assert!(log.contains(words), "{log}");
}

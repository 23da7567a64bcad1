//! What only a bus between processes has to stand: their ends, and those of its connections.

use std::{fs, time::Duration};

use futures_util::future::join_all;
use lapin::{options::BasicAckOptions, types::AMQPValue};
use serde_json::Value;
use tokio::time::{Instant, sleep};

use super::stage::{LOOK, Stage, appears};
use crate::services::observability::collector::Collector;

macro_rules! on_both_brokers {
    ($($case:ident),* $(,)?) => {
        mod embedded { $(#[tokio::test(flavor = "multi_thread")]
            async fn $case() {
                super::$case(&super::super::Stage::new(super::super::Mode::Embedded, stringify!($case)).await).await;
            })* }
        mod rabbitmq { $(#[tokio::test(flavor = "multi_thread")]
            async fn $case() {
                super::$case(&super::super::Stage::new(super::super::Mode::RabbitMq, stringify!($case)).await).await;
            })* }
    };
}

on_both_brokers!(
    processes_share_the_calls,
    what_was_dispatched_survives_its_process,
    what_was_dispatched_is_tried_again_or_buried,
    a_call_whose_process_is_killed_fails_and_is_not_run_again,
    a_process_that_drains_answers_what_it_has,
    no_call_is_lost_with_a_process_that_drains,
    a_connection_that_is_cut_comes_back,
    a_broadcast_crosses_processes_and_a_gap_is_told,
    one_trace_leads_through_calls,
);

async fn processes_share_the_calls(stage: &Stage) {
    let (one, other) = (stage.start().await, stage.start().await);
    let calls = (0..100).map(|number| {
        let said = format!("echo {number}");
        let one = &one;
        async move { assert_eq!(one.asked("relay", &said).await, format!("200 {number}")) }
    });
    join_all(calls).await;
    for _ in 0..100 {
        assert_eq!(one.asked("hands_on", "counts x").await, "200 null");
    }
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let (here, there) = (one.state("counted").await, other.state("counted").await);
        if here + there == 100 && here > 0 && there > 0 {
            break;
        }
        assert!(Instant::now() < deadline, "{here} and {there}");
        sleep(LOOK).await;
    }
    one.finished().await;
    // What is left has all handlers.
    assert_eq!(other.asked("relay", "echo x").await, "200 x");
    other.finished().await;
}

async fn what_was_dispatched_survives_its_process(stage: &Stage) {
    let mut process = stage.start().await;
    let path = stage.place("ends").display().to_string();
    let said = format!("ends_once {path}");
    drop(process.try_to_ask("hands_on", &said).await);
    assert_eq!(process.ended().await.code(), None, "it was aborted");
    assert!(!stage.place("ends.done").exists());
    let next = stage.start().await;
    appears(stage.place("ends.done")).await;
    next.finished().await;
}

async fn what_was_dispatched_is_tried_again_or_buried(stage: &Stage) {
    let process = stage.start().await;
    for said in ["tries x", "adds x", "refuses 7"] {
        assert_eq!(process.asked("hands_on", said).await, "200 null");
    }
    process.comes_to("tried", 3).await;
    let client = stage.client().await;
    for (queue, kind, message) in [
        ("slingshot.bus.adds.dlq", "undecodable", "the data does not"),
        ("slingshot.bus.refuses.dlq", "permanent", "7 is taken"),
    ] {
        client.reaches(queue, 1).await;
        let letter = client.get(queue).await.unwrap();
        letter.acker.ack(BasicAckOptions::default()).await.unwrap();
        let headers = letter.delivery.properties.headers().clone().unwrap();
        let header = |name: &str| match headers.inner().get(name) {
            Some(AMQPValue::LongString(text)) => text.to_string(),
            other => format!("{other:?}"),
        };
        assert_eq!(header("x-slingshot-error-type"), kind);
        let says = header("x-slingshot-error-message");
        assert!(says.starts_with(message), "{says}");
    }
    process.finished().await;
}

async fn a_call_whose_process_is_killed_fails_and_is_not_run_again(stage: &Stage) {
    let (caller, mut victim) = (stage.start().await, stage.start().await);
    let victims_own = victim.id().to_string();
    let begins = async |call: &str| {
        let path = stage.place(call);
        appears(path.clone()).await;
        fs::read_to_string(path).unwrap()
    };
    let call = |call| {
        let said = format!("hangs {}", stage.place(call).display());
        let caller = &caller;
        async move { caller.asked("tells", &said).await }
    };
    // Each process has one.
    let killing = async {
        let (one, other) = tokio::join!(begins("one"), begins("other"));
        let victims = if one == victims_own { "one" } else { "other" };
        assert!(one == victims_own || other == victims_own);
        fs::remove_file(stage.place(victims)).unwrap();
        victim.kill();
        victims
    };
    let answering = async {
        tokio::select! {
            answer = call("one") => answer,
            answer = call("other") => answer,
        }
    };
    let (answer, victims) = tokio::join!(answering, killing);
    assert_eq!(answer, r#"200 503 Lost { handler: "hangs" }"#);
    assert!(!stage.place(victims).exists(), "it was run again");
}

async fn a_process_that_drains_answers_what_it_has(stage: &Stage) {
    let (caller, mut leaving) = (stage.start().await, stage.start().await);
    let calls = (0..2).map(|_| caller.asked("relay", "sleeps 700"));
    let ending = async {
        sleep(Duration::from_millis(200)).await;
        leaving.terminate();
        assert_eq!(leaving.ended().await.code(), Some(0), "{}", leaving.log());
    };
    let (answers, ()) = tokio::join!(join_all(calls), ending);
    assert_eq!(answers, ["200 700", "200 700"]);
    caller.finished().await;
}

async fn no_call_is_lost_with_a_process_that_drains(stage: &Stage) {
    let (caller, leaving) = (stage.start().await, stage.start().await);
    let (said, ()) = tokio::join!(caller.asked("swarms", "10000"), leaving.finished());
    assert_eq!(said, "200 10000 matched");
    caller.finished().await;
}

async fn a_connection_that_is_cut_comes_back(stage: &Stage) {
    let mut process = stage.start().await;
    let cutting = async {
        sleep(Duration::from_millis(300)).await;
        stage.proxy().cut();
    };
    let (said, ()) = tokio::join!(process.asked("tells", "sleeps 2000"), cutting);
    assert_eq!(said, r#"200 503 Lost { handler: "sleeps" }"#);
    // A call waits for the next connection for a moment.
    assert_eq!(process.asked("relay", "echo x").await, "200 x");
    process.says("the bus is connected", 2).await;

    stage.proxy().refuse();
    stage.proxy().cut();
    process.says("the bus connects again", 2).await;
    let broken = process.asked("tells", "echo x").await;
    let expected = r#"200 503 Broker("there is no connection to the broker")"#;
    assert_eq!(broken, expected);
    assert!(process.probed("/readyz").await.contains("bus broker: "));
    let dispatching = process.asked("hands_on", "counts x");
    let mending = async {
        sleep(Duration::from_millis(300)).await;
        stage.proxy().forward(None);
    };
    let (said, ()) = tokio::join!(dispatching, mending);
    assert_eq!(said, "200 null");
    process.comes_to("counted", 1).await;
    process.finished().await;
}

async fn a_broadcast_crosses_processes_and_a_gap_is_told(stage: &Stage) {
    let (teller, mut listener) = (stage.start_direct().await, stage.start().await);
    assert_eq!(listener.asked("listens", "ticks heard").await, "200 null");
    assert_eq!(teller.asked("broadcasts", "ticks 5").await, "200 null");
    listener.comes_to("heard", 5).await;
    stage.proxy().refuse();
    listener.says("the bus connects again", 1).await;
    assert_eq!(teller.asked("broadcasts", "ticks 3").await, "200 null");
    stage.proxy().forward(None);
    listener.says("the bus is connected", 2).await;
    assert_eq!(teller.asked("broadcasts", "ticks 1").await, "200 null");
    listener.comes_to("heard", 6).await;
    assert_eq!(listener.state("heard missed").await, 3);
    listener.finished().await;
    teller.finished().await;
}

async fn one_trace_leads_through_calls(stage: &Stage) {
    const PARENT: &str = "b7ad6b7169203331";
    let collector = Collector::start().await;
    let url = collector.url();
    let mut process = stage
        .start_told(&[("OTEL_EXPORTER_OTLP_ENDPOINT", &url)])
        .await;
    let traces = ["1", "2"].map(|trace| format!("{trace:0>32}"));
    let parents = traces
        .each_ref()
        .map(|trace| format!("00-{trace}-{PARENT}-01"));
    process
        .ask_within(&parents[0], "relay", "relay echo x")
        .await;
    process
        .ask_within(&parents[1], "hands_on", "refuses 7")
        .await;
    // Its lines are within the trace too.
    let buried = process.says("dead letter", 1).await;
    let buried: Value = serde_json::from_str(&buried).unwrap();
    assert_eq!(
        (&buried["handler"], &buried["trace_id"]),
        (&"refuses".into(), &traces[1].as_str().into())
    );
    process.finished().await;
    let spans = collector.spans();
    let chain = |trace: &str| {
        let mut parent = PARENT;
        let mut chain = Vec::new();
        let within = |parent: &str| {
            spans
                .iter()
                .find(|it| it.trace == trace && it.parent == parent)
        };
        while let Some(span) = within(parent) {
            chain.push(format!("{} {}", span.name, span.says));
            parent = &span.id;
        }
        chain.join("\n")
    };
    insta::allow_duplicates! {
        insta::assert_snapshot!(chain(&traces[0]), @r"
        POST /relay server
        publish relay client
        process relay consumer
        publish echo client
        process echo consumer
        ");
        insta::assert_snapshot!(chain(&traces[1]), @r"
        POST /hands_on server
        dispatch refuses producer
        process refuses consumer permanent
        ");
    }
    assert_eq!(spans.len(), 8, "{spans:?}");
}

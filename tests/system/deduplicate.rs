//! `deduplicate`: whatever comes twice, what it leads to is there once.

mod inbox;

use std::{process::Command, time::Duration};

use lapin::types::AMQPValue;
use tokio::time::sleep;

use crate::{
    brokers::Target,
    conformance::on_both_brokers,
    stage::{Postgres, Stage, ids},
};

on_both_brokers!(
    a_message_that_comes_twice_is_worked_on_once,
    two_processes_that_get_one_message_at_once_work_on_it_once,
    what_was_committed_and_not_published_is_published_by_the_next_process,
    a_message_that_failed_is_worked_on_when_it_comes_again,
);

/// One of each kind of function.
const COUNTING: [&str; 2] = ["counting", "counting-async"];
const BYSTANDING: [&str; 2] = ["bystanding", "bystanding-async"];

#[test]
fn deduplicating_without_a_transaction_is_refused_at_the_start() {
    let refused = Command::new(env!("CARGO_BIN_EXE_database-services"))
        .arg("contradictory")
        .env("SLINGSHOT_ADMIN", "off")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(2), "{said}");
    assert!(
        said.contains(
            "the service `contradictory` deduplicates in its transaction, and has none: remove \
             `deduplicate`, or `transaction(false)`"
        ),
        "{said}"
    );
}

async fn a_message_that_comes_twice_is_worked_on_once(target: &Target) {
    for service in COUNTING {
        let postgres = Postgres::fresh(&format!("twice_{service}"));
        let mut stage = Stage::start(target, "twice", service, &postgres).await;
        stage.send(1, Some("m-1")).await;
        let first = ids(&stage.take("even", 1).await);
        stage.send(1, Some("m-1")).await;
        let second = ids(&stage.take("even", 1).await);
        assert_eq!(first, second);
        assert_eq!(stage.take("odd", 2).await.len(), 2);
        assert_eq!((postgres.calls(), postgres.effects()), (1, 1));

        stage.send(1, Some("m-2")).await;
        assert_ne!(ids(&stage.take("even", 1).await), first);
        assert_eq!((postgres.calls(), postgres.effects()), (2, 2));
        stage.finish().await;
    }
    for service in BYSTANDING {
        let postgres = Postgres::fresh(&format!("twice_{service}"));
        let mut stage = Stage::start(target, "twice", service, &postgres).await;
        stage.send(1, Some("m-1")).await;
        stage.send(1, Some("m-1")).await;
        let messages = ids(&stage.take("even", 2).await);
        assert_eq!(messages[0], messages[1]);
        assert_eq!(messages[0].1, "0", "the number of the call");
        stage.finish().await;
    }
}

async fn two_processes_that_get_one_message_at_once_work_on_it_once(target: &Target) {
    for service in COUNTING {
        let postgres = Postgres::fresh(&format!("at_once_{service}"));
        let mut stage = Stage::new(target, "at-once", service, &postgres).await;
        stage.spawn();
        stage.spawn();
        stage.all_consume().await;
        // Each process has two replicas: at least one of these is the other process's.
        for _ in 0..3 {
            stage.send(4, Some("m-4")).await;
        }
        let messages = ids(&stage.take("even", 3).await);
        assert!(messages.iter().all(|message| *message == messages[0]));
        assert_eq!((postgres.calls(), postgres.effects()), (1, 1));
        stage.finish().await;
    }
}

async fn what_was_committed_and_not_published_is_published_by_the_next_process(target: &Target) {
    for service in COUNTING {
        let postgres = Postgres::fresh(&format!("killed_{service}"));
        let mut stage = Stage::start(target, "killed", service, &postgres).await;
        // The process hears of the message, and nothing that it says of it arrives.
        stage.proxy.mute(true);
        stage.send(1, Some("m-1")).await;
        postgres.becomes("SELECT count(*) FROM effects", 1).await;
        sleep(Duration::from_millis(100)).await;
        assert_eq!(stage.take("even", 0).await.len(), 0);
        stage.kill(0);
        stage.proxy.cut();
        stage.proxy.mute(false);

        stage.spawn();
        let message = ids(&stage.take("even", 1).await);
        assert_eq!(message[0].1, "1");
        assert_eq!(stage.take("odd", 1).await[0].data, b"1001");
        assert_eq!((postgres.calls(), postgres.effects()), (1, 1));
        stage.finish().await;
    }
}

async fn a_message_that_failed_is_worked_on_when_it_comes_again(target: &Target) {
    for service in COUNTING {
        let postgres = Postgres::fresh(&format!("failed_{service}"));
        let mut stage = Stage::start(target, "failed", service, &postgres).await;
        postgres.run("INSERT INTO obstacles VALUES (3)");
        stage.send(3, Some("m-3")).await;
        assert_eq!(stage.take("in.dlq", 1).await.len(), 1);
        assert_eq!((postgres.calls(), postgres.effects()), (1, 0));
        assert_eq!(postgres.number("SELECT count(*) FROM slingshot_inbox"), 0);

        postgres.run("DELETE FROM obstacles");
        stage.send(3, Some("m-3")).await;
        assert_eq!(stage.take("even", 1).await[0].data, b"3");
        assert_eq!((postgres.calls(), postgres.effects()), (2, 1));
        stage.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_without_an_id_is_not_protected_and_that_is_said_once() {
    let target = Target::embedded().await;
    let postgres = Postgres::fresh("without_id");
    let mut stage = Stage::start(&target, "without-id", "counting", &postgres).await;
    for _ in 0..3 {
        stage.send(1, None).await;
    }
    stage.send(1, Some("")).await;
    assert_eq!(stage.take("even", 4).await.len(), 4);
    assert_eq!(postgres.effects(), 4);
    let said = stage.log(0).matches("came without a message id").count();
    assert_eq!(said, 1);
    stage.finish().await;
    target.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_may_change_the_search_path() {
    let target = Target::embedded().await;
    for service in COUNTING {
        let postgres = Postgres::fresh(&format!("path_{service}"));
        let mut stage = Stage::start(&target, "path", service, &postgres).await;
        stage.send(5, Some("m-5")).await;
        assert_eq!(stage.take("even", 1).await.len(), 1);
        assert_eq!(postgres.effects(), 1);
        stage.finish().await;
    }
    target.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_is_overdue_leaves_no_trace() {
    let target = Target::embedded().await;
    for service in COUNTING {
        let postgres = Postgres::fresh(&format!("overdue_{service}"));
        let stage = Stage::start(&target, "overdue", service, &postgres).await;
        stage.send(6, Some("m-6")).await;
        assert_eq!(stage.take("in.dlq", 1).await.len(), 1);
        assert_eq!(postgres.effects(), 0);
        stage.send(1, Some("m-1")).await;
        assert_eq!(stage.take("even", 1).await[0].data, b"1");
        drop(stage);
        // The server notices that nobody waits, and ends what the function had it do.
        postgres
            .becomes(
                "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%' \
                 AND datname = current_database() AND state = 'active'",
                0,
            )
            .await;
        assert_eq!(postgres.effects(), 1);
    }
    target.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_that_leaves_its_transaction_open_fails() {
    let target = Target::embedded().await;
    for service in COUNTING {
        let postgres = Postgres::fresh(&format!("open_{service}"));
        let mut stage = Stage::start(&target, "open", service, &postgres).await;
        stage.send(7, Some("m-7")).await;
        let letters = stage.take("in.dlq", 1).await;
        let headers = letters[0].properties.headers().clone().unwrap_or_default();
        let message = match headers.inner().get("x-slingshot-error-message") {
            Some(AMQPValue::LongString(text)) => text.to_string(),
            other => format!("{other:?}"),
        };
        assert_eq!(
            message,
            "the function left a transaction of its own open: end what it begins, or use \
             `connection.transaction(..)`"
        );
        assert_eq!(stage.take("even", 0).await.len(), 0);
        assert_eq!(postgres.effects(), 0);
        stage.finish().await;
    }
    target.stop().await;
}

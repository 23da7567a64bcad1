//! One session, many clients: who may run when.

use std::time::Duration;

use slingshot_postgres_wasm::Limits;
use tokio_postgres::error::SqlState;

use crate::environment::CRASH;
use crate::{Database, assert_refused, connect, eventually, value};

fn short_wait() -> Limits {
    Limits {
        turn_wait: Duration::from_millis(300),
        ..Limits::default()
    }
}

#[tokio::test]
async fn many_clients_write_at_once_and_nothing_is_lost() {
    let database = Database::start("many_clients").await;
    let first = database.client().await;
    first
        .batch_execute("create table counter (n bigint); insert into counter values (0)")
        .await
        .unwrap();
    let mut writers = Vec::new();
    for _ in 0..8 {
        let mut client = database.client().await;
        writers.push(tokio::spawn(async move {
            let add = client
                .prepare("update counter set n = n + $1")
                .await
                .unwrap();
            for _ in 0..25 {
                let transaction = client.transaction().await.unwrap();
                transaction.execute(&add, &[&1_i64]).await.unwrap();
                transaction.commit().await.unwrap();
            }
        }));
    }
    for writer in writers {
        writer.await.unwrap();
    }
    assert_eq!(value(&first, "select n::text from counter").await, "200");
}

#[tokio::test]
async fn a_request_waits_for_the_others_transaction() {
    let database = Database::start("waits").await;
    let (mut holder, other) = (database.client().await, database.client().await);
    let transaction = holder.transaction().await.unwrap();
    transaction
        .batch_execute("create table t ()")
        .await
        .unwrap();
    let waiting = tokio::spawn(async move { value(&other, "select count(*)::text from t").await });
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(!waiting.is_finished());
    transaction.commit().await.unwrap();
    assert_eq!(waiting.await.unwrap(), "0");
}

#[tokio::test]
async fn a_turn_that_does_not_come_is_an_error_that_names_the_way_out() {
    let database = Database::start_with("no_turn", short_wait()).await;
    let (mut holder, other) = (database.client().await, database.client().await);
    let transaction = holder.transaction().await.unwrap();
    transaction.batch_execute("select 1").await.unwrap();
    for outcome in [
        other.batch_execute("select 1").await,
        other.execute("select 1", &[]).await.map(drop),
    ] {
        let message = assert_refused(outcome, &SqlState::LOCK_NOT_AVAILABLE);
        assert!(message.contains("install PostgreSQL"), "{message}");
        assert!(message.contains("[database]"), "{message}");
    }
    // A pool may open further connections meanwhile.
    database.client().await;
    transaction.rollback().await.unwrap();
    assert_eq!(value(&other, "select 'free'").await, "free");
}

#[tokio::test]
async fn a_client_that_leaves_in_a_transaction_is_rolled_back() {
    let database = Database::start("leaves").await;
    let (holder, other) = (database.client().await, database.client().await);
    other.batch_execute("create table t (n int)").await.unwrap();
    holder
        .batch_execute("begin; insert into t values (1)")
        .await
        .unwrap();
    drop(holder);
    assert_eq!(value(&other, "select count(*)::text from t").await, "0");
}

#[tokio::test]
async fn an_error_in_a_transaction_stays_with_its_client() {
    let database = Database::start("errors").await;
    let (failing, other) = (database.client().await, database.client().await);
    failing.batch_execute("begin").await.unwrap();
    assert_refused(
        failing.batch_execute("select 1 / 0").await,
        &SqlState::DIVISION_BY_ZERO,
    );
    let again = failing.execute("select 1", &[]).await;
    assert_refused(again, &SqlState::IN_FAILED_SQL_TRANSACTION);
    failing.batch_execute("rollback").await.unwrap();
    assert_eq!(value(&other, "select 'fine'").await, "fine");
}

#[tokio::test]
async fn nothing_is_left_when_the_last_client_has_gone() {
    let database = Database::start("nothing_left").await;
    let client = database.client().await;
    client
        .batch_execute("create temp table t (); select pg_advisory_lock(1)")
        .await
        .unwrap();
    client
        .batch_execute("set application_name = 'first'")
        .await
        .unwrap();
    drop(client);
    // The next one may come before the last has gone.
    for _ in 0..100 {
        let next = database.client().await;
        let left = value(&next, "select concat(to_regclass('pg_temp.t'), current_setting('application_name'), \
             (select count(*) from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()))").await;
        if left == "0" {
            return;
        }
        drop(next);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("something is left");
}

#[tokio::test]
async fn prepared_statements_of_a_client_end_with_it() {
    let database = Database::start("statements_end").await;
    let (stays, leaves) = (database.client().await, database.client().await);
    let count = stays
        .prepare("select count(*)::text from pg_prepared_statements")
        .await
        .unwrap();
    let _kept = leaves.prepare("select 1").await.unwrap();
    leaves.batch_execute("prepare p as select 1").await.unwrap();
    let counted: String = stays.query_one(&count, &[]).await.unwrap().get(0);
    assert_eq!(counted, "3");
    drop(leaves);
    // Its own question is the second.
    eventually(
        &stays,
        "select count(*)::text from pg_prepared_statements",
        "2",
    )
    .await;
}

#[tokio::test]
async fn a_cancel_request_disturbs_nobody() {
    let database = Database::start("cancel").await;
    let client = database.client().await;
    let token = client.cancel_token();
    let sleeping = tokio::spawn(async move { value(&client, "select pg_sleep(0.2)::text").await });
    tokio::time::sleep(Duration::from_millis(50)).await;
    token.cancel_query(tokio_postgres::NoTls).await.unwrap();
    assert_eq!(sleeping.await.unwrap(), "");
}

#[tokio::test]
async fn a_shutdown_tells_the_clients_and_ends_the_engine() {
    let database = Database::start("shutdown").await;
    let config = database.config();
    let (client, connection) = config.connect(tokio_postgres::NoTls).await.unwrap();
    let connection = tokio::spawn(connection);
    client
        .batch_execute("begin; create table t ()")
        .await
        .unwrap();
    database.shutdown().await.unwrap();
    let told = connection.await.unwrap().expect_err("the connection ends");
    assert_eq!(told.code(), Some(&SqlState::ADMIN_SHUTDOWN));
    assert!(connect(&config).await.is_err());
}

#[tokio::test]
async fn an_engine_that_breaks_ends_the_server_with_its_reason() {
    let database = Database::start("breaks").await;
    let (client, mut other) = (database.client().await, database.client().await);
    let told = assert_refused(client.batch_execute(CRASH).await, &SqlState::SYSTEM_ERROR);
    assert_eq!(told, "the database engine stopped: as the test asked");
    let error = database.run.await.unwrap().expect_err("the server ends");
    assert_eq!(error.to_string(), told);
    assert!(other.transaction().await.is_err());
}

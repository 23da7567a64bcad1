//! `COPY … FROM STDIN` and `TO STDOUT`.

use futures_util::{SinkExt, TryStreamExt};
use slingshot_postgres_wasm::Limits;
use tokio_postgres::{Client, Error, error::SqlState};

use crate::raw::Raw;
use crate::{Database, assert_refused, value};

async fn load(client: &Client, data: &'static str) -> Result<u64, Error> {
    let sink = client.copy_in("copy t from stdin").await?;
    let mut sink = std::pin::pin!(sink);
    for line in data.split_inclusive('\n') {
        sink.send(line.as_bytes()).await?;
    }
    sink.finish().await
}

#[tokio::test]
async fn data_goes_in_and_out() {
    let database = Database::start("copy_data").await;
    let client = database.client().await;
    client
        .batch_execute("create table t (n int)")
        .await
        .unwrap();
    assert_eq!(load(&client, "1\n2\n3\n").await.unwrap(), 3);
    let rows = client.copy_out("copy t to stdout").await.unwrap();
    let rows: Vec<_> = rows.try_collect().await.unwrap();
    assert_eq!(rows.concat(), b"1\n2\n3\n");
}

#[tokio::test]
async fn a_copy_is_part_of_its_transaction() {
    let database = Database::start("copy_transaction").await;
    let (client, other) = (database.client().await, database.client().await);
    client
        .batch_execute("create table t (n int)")
        .await
        .unwrap();
    client
        .batch_execute("begin; insert into t values (0)")
        .await
        .unwrap();
    assert_eq!(load(&client, "1\n").await.unwrap(), 1);
    assert_eq!(
        value(&client, "select sum(n)::text || count(*) from t").await,
        "12"
    );
    client.batch_execute("commit; begin").await.unwrap();
    assert_eq!(load(&client, "2\n").await.unwrap(), 1);
    client.batch_execute("rollback").await.unwrap();
    assert_eq!(
        value(&other, "select string_agg(n::text, ' ' order by n) from t").await,
        "0 1"
    );
}

#[tokio::test]
async fn what_is_wrong_with_a_copy_is_the_servers_error() {
    let database = Database::start("copy_errors").await;
    let client = database.client().await;
    client
        .batch_execute("create table t (n int)")
        .await
        .unwrap();
    assert_refused(
        load(&client, "one\n").await,
        &SqlState::INVALID_TEXT_REPRESENTATION,
    );
    let beside = client.batch_execute("select 1; copy t from stdin").await;
    assert_refused(beside, &SqlState::FEATURE_NOT_SUPPORTED);
    assert_eq!(load(&client, "1\n").await.unwrap(), 1);
}

#[tokio::test]
async fn more_data_than_the_bound_fails_and_loads_nothing() {
    let limits = Limits {
        request_bytes: 2_000,
        ..Limits::default()
    };
    let database = Database::start_with("copy_bound", limits).await;
    let client = database.client().await;
    client
        .batch_execute("create table t (n int)")
        .await
        .unwrap();
    let data: &'static str = "1\n".repeat(2_000).leak();
    let message = assert_refused(load(&client, data).await, &SqlState::QUERY_CANCELED);
    assert!(message.contains("2000 bytes"), "{message}");
    assert_eq!(value(&client, "select count(*)::text from t").await, "0");
}

#[tokio::test]
async fn a_copy_in_a_simple_query_works_as_libpq_sends_it() {
    let database = Database::start("copy_simple").await;
    let mut client = Raw::connect(&database).await;
    assert_eq!(client.query("copy t from stdin").await, "EZ");
    assert_eq!(client.query("create table t (n int)").await, "CZ");
    assert_eq!(
        client.send(&[(b'Q', b"copy t from stdin\0")], b'G').await,
        "G"
    );
    let data: [(u8, &[u8]); 3] = [(b'd', b"1\n"), (b'd', b"2\n"), (b'c', b"")];
    assert_eq!(client.send(&data, b'Z').await, "CZ");
    assert_eq!(client.query("select n from t").await, "TDDCZ");
    assert_eq!(
        client.send(&[(b'Q', b"copy t from stdin\0")], b'G').await,
        "G"
    );
    assert_eq!(client.send(&[(b'f', b"no\0")], b'Z').await, "EZ");
}

#[tokio::test]
async fn requests_may_be_flushed_in_parts() {
    let database = Database::start("flush").await;
    let (mut client, mut other) = (Raw::connect(&database).await, Raw::connect(&database).await);
    let parse: [(u8, &[u8]); 3] = [(b'P', b"\0select 1\0\0\0"), (b'D', b"S\0"), (b'H', b"")];
    assert_eq!(client.send(&parse, b'T').await, "1tT");
    let run: [(u8, &[u8]); 3] = [
        (b'B', b"\0\0\0\0\0\0\0\0"),
        (b'E', b"\0\0\0\0\0"),
        (b'S', b""),
    ];
    assert_eq!(client.send(&run, b'Z').await, "2DCZ");
    assert_eq!(other.query("select 1").await, "TDCZ");
    // The unnamed statement is replaced, and the own Close is answered.
    assert_eq!(
        client
            .send(
                &[(b'C', b"S\0"), (b'P', b"\0select 2\0\0\0"), (b'S', b"")],
                b'Z'
            )
            .await,
        "31Z"
    );
    let wrong: [(u8, &[u8]); 2] = [(b'P', b"\0selec\0\0\0"), (b'H', b"")];
    assert_eq!(client.send(&wrong, b'E').await, "E");
    assert_eq!(client.send(&[run[1], run[2]], b'Z').await, "Z");
    assert_eq!(client.query("select 1").await, "TDCZ");
}

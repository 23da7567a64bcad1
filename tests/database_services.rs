//! Services that work in PostgreSQL, for `system/deduplicate.rs` and `system/database.rs`.
//!
//! They come in pairs, an ordinary and an `async` one, which do the same. The sequence `calls` counts how
//! often they were called: a rollback does not take that back.

use std::{
    process::ExitCode,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use diesel::{
    RunQueryDsl,
    connection::{AnsiTransactionManager, TransactionManager as _},
    sql_query,
};
use slingshot::prelude::*;

fn main() -> ExitCode {
    if std::env::args().any(|argument| argument == "contradictory") {
        // In an annotation, that is a mistake which the compiler finds.
        slingshot::Microservice::new("contradictory", "sys-map.example.com", || {})
            .transaction(false)
            .deduplicate(Duration::from_hours(1))
            .start();
    }
    slingshot::run()
}

/// What an id asks for.
fn statements(request: u64) -> Vec<String> {
    let mut statements = vec![
        "SELECT nextval('calls')".to_owned(),
        format!("INSERT INTO effects (request) VALUES ({request})"),
        format!("SELECT 1 / (1 - (SELECT count(*) FROM obstacles WHERE request = {request}))"),
    ];
    statements.extend(match request {
        4 => Some("SELECT pg_sleep(0.7)".to_owned()),
        5 => Some("SET LOCAL search_path TO pg_catalog".to_owned()),
        6 => Some("SELECT pg_sleep(60)".to_owned()),
        _ => None,
    });
    statements
}

type Results = [(u64, &'static str); 2];

fn results(request: u64) -> Results {
    [(request, "even"), (request + 1_000, "odd")]
}

#[microservice(
    name = "counting",
    replicas = 2,
    timeout = "3s",
    retry(max = 1),
    deduplicate
)]
fn counting(request: u64, connection: &mut PgConnection) -> Result<Results, AnyError> {
    for statement in statements(request) {
        sql_query(statement).execute(connection)?;
    }
    if request == 7 {
        AnsiTransactionManager::begin_transaction(connection)?;
    }
    Ok(results(request))
}

#[microservice(
    name = "counting-async",
    replicas = 2,
    timeout = "3s",
    retry(max = 1),
    deduplicate
)]
async fn counting_async(
    request: u64,
    connection: &mut AsyncPgConnection,
) -> Result<Results, AnyError> {
    for statement in statements(request) {
        diesel_async::RunQueryDsl::execute(sql_query(statement), connection).await?;
    }
    if request == 7 {
        use diesel_async::{AsyncConnection, TransactionManager as _};
        <AsyncPgConnection as AsyncConnection>::TransactionManager::begin_transaction(connection)
            .await?;
    }
    Ok(results(request))
}

/// Calls of the services that have no database of their own.
static CALLS: AtomicU64 = AtomicU64::new(0);

#[microservice(name = "bystanding", deduplicate)]
fn bystanding() -> (u64, &'static str) {
    (CALLS.fetch_add(1, Ordering::Relaxed), "even")
}

#[microservice(name = "bystanding-async", deduplicate)]
#[expect(clippy::unused_async, reason = "it is the kind that is tried")]
async fn bystanding_async() -> (u64, &'static str) {
    (CALLS.fetch_add(1, Ordering::Relaxed), "even")
}

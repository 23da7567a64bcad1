//! Who is let in, and how much of everything there may be.

use slingshot_postgres_wasm::Limits;
use tokio_postgres::error::SqlState;

use crate::{Database, assert_refused, connect, value};

#[tokio::test]
async fn only_the_right_name_password_and_database_enter() {
    let database = Database::start("gate").await;
    let mut wrong = database.config();
    wrong.password("similarity");
    assert_refused(connect(&wrong).await, &SqlState::INVALID_PASSWORD);
    let mut wrong = database.config();
    wrong.user("eve");
    assert_refused(connect(&wrong).await, &SqlState::INVALID_PASSWORD);
    let mut wrong = database.config();
    wrong.dbname("other");
    let message = assert_refused(connect(&wrong).await, &SqlState::INVALID_CATALOG_NAME);
    assert_eq!(message, "database \"other\" does not exist");
    database.client().await;
}

#[tokio::test]
async fn more_clients_than_places_are_turned_away() {
    let limits = Limits {
        connections: 2,
        ..Limits::default()
    };
    let database = Database::start_with("places", limits).await;
    let (first, _second) = (database.client().await, database.client().await);
    let mut third = database.config();
    third.ssl_mode(tokio_postgres::config::SslMode::Disable);
    assert_refused(connect(&third).await, &SqlState::TOO_MANY_CONNECTIONS);
    assert_eq!(value(&first, "select 'on'").await, "on");
}

#[tokio::test]
async fn a_request_that_is_too_large_ends_its_connection_only() {
    let limits = Limits {
        request_bytes: 10_000,
        ..Limits::default()
    };
    let database = Database::start_with("too_large", limits).await;
    let (small, large) = (database.client().await, database.client().await);
    let text = "x".repeat(20_000);
    assert!(
        large
            .batch_execute(&format!("select '{text}'"))
            .await
            .is_err()
    );
    let pieces = large.query_one("select $1::text", &[&text]).await;
    assert!(pieces.is_err());
    assert_eq!(value(&small, "select 'fine'").await, "fine");
}

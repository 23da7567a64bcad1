//! What one client does to the session, the others do not see.

use tokio_postgres::error::SqlState;

use crate::{Database, assert_refused, connect, value};

#[tokio::test]
async fn statements_of_the_same_name_are_two() {
    let database = Database::start("names").await;
    let (one, two) = (database.client().await, database.client().await);
    // Both clients call their first statement `s0`.
    let (first, second) = tokio::join!(
        one.prepare("select 'one'::text"),
        two.prepare("select 'two'::text")
    );
    let (first, second) = (first.unwrap(), second.unwrap());
    for _ in 0..3 {
        assert_eq!(
            one.query_one(&first, &[]).await.unwrap().get::<_, &str>(0),
            "one"
        );
        assert_eq!(
            two.query_one(&second, &[]).await.unwrap().get::<_, &str>(0),
            "two"
        );
    }
    one.batch_execute("prepare Plan as select 1").await.unwrap();
    two.batch_execute("prepare plan as select 2").await.unwrap();
    one.batch_execute("execute plan; explain execute \"plan\"; deallocate plan")
        .await
        .unwrap();
    two.batch_execute("execute plan").await.unwrap();
    let gone = one.batch_execute("execute plan").await;
    assert_refused(gone, &SqlState::INVALID_SQL_STATEMENT_NAME);
}

#[tokio::test]
async fn discarding_leaves_the_others_statements() {
    let database = Database::start("discarding").await;
    for discard in ["deallocate all", "discard all", "DEALLOCATE PREPARE ALL;"] {
        let (one, two) = (database.client().await, database.client().await);
        let first = one.prepare("select 1").await.unwrap();
        let second = two.prepare("select 1").await.unwrap();
        one.batch_execute(discard).await.unwrap();
        two.execute(&second, &[]).await.unwrap();
        let gone = one.execute(&first, &[]).await;
        assert_refused(gone, &SqlState::INVALID_SQL_STATEMENT_NAME);
    }
}

#[tokio::test]
async fn each_client_finds_its_own_settings() {
    let database = Database::start("settings").await;
    let (one, two) = (database.client().await, database.client().await);
    let zone = "select current_setting('TimeZone')";
    let untouched = value(&two, zone).await;
    one.batch_execute("set time zone 'Asia/Tokyo'")
        .await
        .unwrap();
    one.execute("select set_config('work_mem', '8MB', false)", &[])
        .await
        .unwrap();
    assert_eq!(value(&two, zone).await, untouched);
    two.batch_execute("begin; set time zone 'Europe/Rome'; commit")
        .await
        .unwrap();
    two.batch_execute("begin; set time zone 'Europe/Oslo'; rollback")
        .await
        .unwrap();
    assert_eq!(value(&one, zone).await, "Asia/Tokyo");
    assert_eq!(value(&two, zone).await, "Europe/Rome");
    assert_eq!(
        value(&one, "select current_setting('work_mem')").await,
        "8MB"
    );
    one.batch_execute("set role pg_monitor").await.unwrap();
    let user = "select current_user::text";
    assert_ne!(value(&two, user).await, "pg_monitor");
    assert_eq!(value(&one, user).await, "pg_monitor");
    one.batch_execute("reset role; discard all").await.unwrap();
    assert_eq!(value(&one, zone).await, untouched);
    assert_eq!(value(&two, zone).await, "Europe/Rome");
}

#[tokio::test]
async fn settings_of_the_connection_hold() {
    let database = Database::start("connection_settings").await;
    let plain = database.client().await;
    let mut config = database.config();
    config
        .application_name("it's")
        .options("-c search_path=a,\\ b --work-mem=3MB");
    let with = connect(&config).await.unwrap();
    for _ in 0..2 {
        assert_eq!(
            value(&with, "select current_setting('application_name')").await,
            "it's"
        );
        assert_eq!(
            value(&with, "select current_setting('search_path')").await,
            "a, b"
        );
        assert_eq!(
            value(&with, "select current_setting('work_mem')").await,
            "3MB"
        );
        let path = value(&plain, "select current_setting('search_path')").await;
        assert_eq!(path, "connection_settings");
    }
}

#[tokio::test]
async fn a_setting_that_the_server_does_not_take_ends_the_connection() {
    let database = Database::start("bad_settings").await;
    let mut config = database.config();
    config.options("-c no_such_setting=1");
    let client = connect(&config).await.unwrap();
    assert_refused(
        client.batch_execute("select 1").await,
        &SqlState::UNDEFINED_OBJECT,
    );
    assert!(client.batch_execute("select 1").await.is_err());
}

//! Connections: who may, and how they end.

use std::time::Duration;

use lapin::{Connection, ConnectionProperties, options::BasicConsumeOptions, types::FieldTable};

use super::{arguments, on_both_brokers};
use crate::brokers::{Target, patiently, refusal};

on_both_brokers! {
    a_wrong_password_or_host_is_refused,
    both_mechanisms_are_accepted,
    heartbeats_keep_an_idle_connection,
    a_hard_error_closes_the_connection,
}

async fn connect(url: &str) -> lapin::Result<Connection> {
    patiently(Connection::connect(url, ConnectionProperties::default())).await
}

async fn a_wrong_password_or_host_is_refused(target: &Target) {
    let wrong = connect(&target.url.replace("guest:guest", "guest:wrong")).await;
    assert!(refusal(wrong).starts_with("403 ACCESS_REFUSED - Login was refused"));
    let wrong = connect(&target.url.replace("%2f", "nowhere")).await;
    assert_eq!(refusal(wrong), "530 NOT_ALLOWED - vhost nowhere not found");
}

async fn both_mechanisms_are_accepted(target: &Target) {
    for mechanism in ["plain", "amqplain"] {
        let connection = connect(&format!("{}?auth_mechanism={mechanism}", target.url)).await;
        connection.unwrap().close(200, "done".into()).await.unwrap();
    }
}

async fn heartbeats_keep_an_idle_connection(target: &Target) {
    let connection = connect(&format!("{}?heartbeat=1", target.url))
        .await
        .unwrap();
    tokio::time::sleep(Duration::from_secs(4)).await;
    let channel = connection.create_channel().await.unwrap();
    channel.close(200, "done".into()).await.unwrap();
    connection.close(200, "done".into()).await.unwrap();
}

async fn a_hard_error_closes_the_connection(target: &Target) {
    let client = target.client().await;
    let queue = "connections.twice";
    client.queue(queue, arguments(&[])).await;
    let consume = || {
        let options = BasicConsumeOptions::default();
        client
            .channel
            .basic_consume(queue.into(), "same".into(), options, FieldTable::default())
    };
    // A consumer that is dropped is cancelled, and its tag is free again.
    let _first = consume().await.unwrap();
    let expected = "530 NOT_ALLOWED - attempt to reuse consumer tag 'same'";
    assert_eq!(refusal(patiently(consume()).await), expected);
    assert!(client.connection.create_channel().await.is_err());
}

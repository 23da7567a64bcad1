//! Queues: declared, checked, deleted.

use lapin::options::{QueueDeclareOptions, QueueDeleteOptions};

use super::{arguments, number, on_both_brokers, text};
use crate::brokers::{Target, refusal};

on_both_brokers! {
    a_passive_declaration_finds_or_refuses,
    a_declaration_that_differs_is_refused,
    an_exclusive_queue_is_its_connections,
    a_queue_with_messages_or_consumers_can_be_kept_from_deletion,
}

const PASSIVE: QueueDeclareOptions = QueueDeclareOptions {
    passive: true,
    durable: false,
    exclusive: false,
    auto_delete: false,
    nowait: false,
};

async fn a_passive_declaration_finds_or_refuses(target: &Target) {
    let client = target.client().await;
    client.queue("declaring.there", arguments(&[])).await;
    client.publish("declaring.there", "1").await;
    assert_eq!(client.depth("declaring.there").await, 1);
    let channel = client.connection.create_channel().await.unwrap();
    let missing = channel
        .queue_declare("declaring.missing".into(), PASSIVE, arguments(&[]))
        .await;
    assert_eq!(
        refusal(missing),
        "404 NOT_FOUND - no queue 'declaring.missing' in vhost '/'"
    );
    // The refusal closed that channel only.
    assert_eq!(client.depth("declaring.there").await, 1);
    client.close().await;
}

async fn a_declaration_that_differs_is_refused(target: &Target) {
    let client = target.client().await;
    let queue = "declaring.ttl";
    client
        .queue(queue, arguments(&[("x-message-ttl", number(60_000))]))
        .await;
    // The width of an integer is not its value.
    let wide = lapin::types::AMQPValue::LongLongInt(60_000);
    client
        .declare(queue, arguments(&[("x-message-ttl", wide)]))
        .await;

    let durable = QueueDeclareOptions {
        durable: true,
        ..Default::default()
    };
    let differing = [
        (durable, arguments(&[])),
        (durable, arguments(&[("x-message-ttl", number(5))])),
        (
            QueueDeclareOptions::default(),
            arguments(&[("x-message-ttl", number(60_000))]),
        ),
        (durable, arguments(&[("x-message-ttl", text("soon"))])),
    ];
    let mut seen = Vec::new();
    for (options, arguments) in differing {
        let channel = client.connection.create_channel().await.unwrap();
        let declared = channel
            .queue_declare(queue.into(), options, arguments)
            .await;
        seen.push(refusal(declared).replace("PRECONDITION_FAILED - inequivalent arg ", ""));
    }
    // How a wrong type is worded is RabbitMQ's own affair.
    let wrong_type = seen.pop().unwrap();
    assert!(wrong_type.starts_with("406 "), "{wrong_type}");
    assert_eq!(
        seen,
        [
            "406 'x-message-ttl' for queue 'declaring.ttl' in vhost '/': received none but \
             current is the value '60000' of type 'signedint'",
            "406 'x-message-ttl' for queue 'declaring.ttl' in vhost '/': received '5' but \
             current is '60000'",
            "406 'durable' for queue 'declaring.ttl' in vhost '/': received 'false' but current \
             is 'true'",
        ]
    );
    client.close().await;
}

async fn an_exclusive_queue_is_its_connections(target: &Target) {
    let owner = target.client().await;
    let exclusive = QueueDeclareOptions {
        exclusive: true,
        ..Default::default()
    };
    let queue = owner
        .channel
        .queue_declare("".into(), exclusive, arguments(&[]))
        .await
        .unwrap();
    let name = queue.name().to_string();
    assert!(name.starts_with("amq.gen-"), "{name}");

    let other = target.client().await;
    let found = other
        .channel
        .queue_declare(name.as_str().into(), PASSIVE, arguments(&[]))
        .await;
    assert!(refusal(found).starts_with("405 RESOURCE_LOCKED - cannot obtain exclusive access"));
    owner.close().await;
    let channel = other.connection.create_channel().await.unwrap();
    let found = channel
        .queue_declare(name.as_str().into(), PASSIVE, arguments(&[]))
        .await;
    assert!(refusal(found).starts_with("404 "));
    other.close().await;
}

async fn a_queue_with_messages_or_consumers_can_be_kept_from_deletion(target: &Target) {
    let client = target.client().await;
    let queue = "declaring.kept";
    client.queue(queue, arguments(&[])).await;
    client.publish(queue, "1").await;
    let connection = &client.connection;
    let delete = |options| async move {
        let channel = connection.create_channel().await.unwrap();
        let deleted = channel.queue_delete(queue.into(), options).await;
        (deleted.as_ref().ok().copied(), refusal(deleted))
    };
    let if_empty = QueueDeleteOptions {
        if_empty: true,
        ..Default::default()
    };
    assert_eq!(
        delete(if_empty).await.1,
        "406 PRECONDITION_FAILED - queue 'declaring.kept' in vhost '/' not empty"
    );
    assert_eq!(delete(QueueDeleteOptions::default()).await.0, Some(1));
    // What is gone already is deleted.
    assert_eq!(delete(QueueDeleteOptions::default()).await.0, Some(0));
}

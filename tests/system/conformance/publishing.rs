//! Into queues: confirms, returns, refusals, bodies of any size.

use lapin::{
    BasicProperties, Confirmation,
    options::{BasicPublishOptions, QueueDeclareOptions},
    types::{FieldTable, ShortString},
};

use super::{arguments, number, on_both_brokers, text};
use crate::brokers::{Target, patiently, refusal};

on_both_brokers! {
    a_mandatory_message_without_a_queue_comes_back_before_its_confirm,
    every_publish_of_a_pipeline_is_confirmed,
    bodies_of_any_size_arrive_whole,
    a_full_queue_refuses_by_a_negative_confirm,
    an_unknown_exchange_closes_the_channel,
}

async fn a_mandatory_message_without_a_queue_comes_back_before_its_confirm(target: &Target) {
    let client = target.client().await;
    let Confirmation::Ack(Some(returned)) = client.publish("publishing.nowhere", "lost").await
    else {
        panic!("the message was not returned")
    };
    assert_eq!(
        (
            returned.reply_code,
            returned.reply_text.as_str(),
            returned.delivery.data.as_slice()
        ),
        (312, "NO_ROUTE", b"lost".as_slice())
    );
    client.close().await;
}

async fn every_publish_of_a_pipeline_is_confirmed(target: &Target) {
    let client = target.client().await;
    let queue = "publishing.pipeline";
    client.queue(queue, arguments(&[])).await;
    let mut confirms = Vec::new();
    for n in 0..500_u32 {
        // Persistent and transient ones by turns: they become safe at different times.
        let mode = if n % 2 == 0 { 2 } else { 1 };
        let properties = BasicProperties::default().with_delivery_mode(mode);
        let body = n.to_string();
        let options = BasicPublishOptions {
            mandatory: true,
            ..Default::default()
        };
        let publish = client.channel.basic_publish(
            "".into(),
            queue.into(),
            options,
            body.as_bytes(),
            properties,
        );
        confirms.push(publish.await.unwrap());
    }
    for confirm in confirms {
        assert_eq!(patiently(confirm).await.unwrap(), Confirmation::Ack(None));
    }
    assert_eq!(client.depth(queue).await, 500);
    client.close().await;
}

async fn bodies_of_any_size_arrive_whole(target: &Target) {
    let client = target.client().await;
    let queue = "publishing.sizes";
    client.queue(queue, arguments(&[])).await;
    // Around the frame's 131072 bytes less its 8 of overhead, and none at all.
    for size in [0, 1, 131_063, 131_064, 131_065, 262_128, 3_000_000] {
        let body: Vec<u8> = (0..size).map(|n: usize| n.to_le_bytes()[0]).collect();
        let properties = BasicProperties::default()
            .with_message_id(ShortString::from("m"))
            .with_headers(arguments(&[("size", text("any"))]));
        client.publish_with(queue, &body, properties.clone()).await;
        let got = client.get(queue).await.unwrap();
        assert!(got.delivery.data == body, "a body of {size} bytes changed");
        assert_eq!(got.delivery.properties, properties);
    }
    client.close().await;
}

async fn a_full_queue_refuses_by_a_negative_confirm(target: &Target) {
    let client = target.client().await;
    let queue = "publishing.full";
    let limits = [
        ("x-max-length", number(2)),
        ("x-overflow", text("reject-publish")),
    ];
    client.queue(queue, arguments(&limits)).await;
    let mut seen = Vec::new();
    for body in ["1", "2", "3"] {
        seen.push(client.publish(queue, body).await);
    }
    assert_eq!(
        seen,
        [
            Confirmation::Ack(None),
            Confirmation::Ack(None),
            Confirmation::Nack(None)
        ]
    );
    client.close().await;
}

async fn an_unknown_exchange_closes_the_channel(target: &Target) {
    let client = target.client().await;
    let publish = client.channel.basic_publish(
        "publishing.unknown".into(),
        "key".into(),
        BasicPublishOptions::default(),
        b"1",
        BasicProperties::default(),
    );
    let confirm = patiently(publish.await.unwrap()).await;
    let expected = "404 NOT_FOUND - no exchange 'publishing.unknown' in vhost '/'";
    assert_eq!(refusal(confirm), expected);
    let options = QueueDeclareOptions::default();
    let later = client
        .channel
        .queue_declare("x".into(), options, FieldTable::default())
        .await;
    assert_ne!(refusal(later), "not refused");
}

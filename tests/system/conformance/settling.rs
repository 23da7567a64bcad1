//! Acknowledged, put back, rejected.

use futures_util::StreamExt;
use lapin::options::{BasicAckOptions, BasicNackOptions, BasicRecoverOptions, BasicRejectOptions};

use super::{arguments, on_both_brokers};
use crate::brokers::{Client, Target, next, patiently, refusal, shown};

on_both_brokers! {
    what_is_put_back_keeps_its_place_and_is_marked,
    acknowledging_several_takes_all_before,
    an_unknown_delivery_tag_closes_the_channel,
    a_closed_channel_puts_everything_back,
    recovering_puts_everything_back,
}

async fn filled(target: &Target, queue: &str) -> Client {
    let client = target.client().await;
    client.queue(queue, arguments(&[])).await;
    for n in 0..4 {
        client.publish(queue, &n.to_string()).await;
    }
    client
}

/// Takes everything out, for showing.
async fn drain(client: &Client, queue: &str) -> Vec<String> {
    let mut seen = Vec::new();
    while let Some(message) = client.get(queue).await {
        seen.push(shown(&message.delivery));
    }
    seen
}

async fn what_is_put_back_keeps_its_place_and_is_marked(target: &Target) {
    let queue = "settling.requeued";
    let client = filled(target, queue).await;
    let first = client.get(queue).await.unwrap();
    let second = client.get(queue).await.unwrap();
    let third = client.get(queue).await.unwrap();
    third
        .acker
        .reject(BasicRejectOptions { requeue: true })
        .await
        .unwrap();
    second
        .acker
        .reject(BasicRejectOptions { requeue: false })
        .await
        .unwrap();
    first
        .acker
        .nack(BasicNackOptions {
            multiple: false,
            requeue: true,
        })
        .await
        .unwrap();
    assert_eq!(drain(&client, queue).await, ["0 again", "2 again", "3"]);
    client.close().await;
}

async fn acknowledging_several_takes_all_before(target: &Target) {
    let queue = "settling.multiple";
    let client = filled(target, queue).await;
    client.get(queue).await.unwrap();
    let second = client.get(queue).await.unwrap();
    client.get(queue).await.unwrap();
    second
        .acker
        .ack(BasicAckOptions { multiple: true })
        .await
        .unwrap();
    // The third is still open.
    client
        .channel
        .basic_recover(BasicRecoverOptions { requeue: true })
        .await
        .unwrap();
    client.reaches(queue, 2).await;
    assert_eq!(drain(&client, queue).await, ["2 again", "3"]);
    client.close().await;
}

async fn an_unknown_delivery_tag_closes_the_channel(target: &Target) {
    let queue = "settling.unknown";
    let client = filled(target, queue).await;
    let other = target.client().await;
    // An ack has no answer; the channel's consumer learns why it ends.
    let mut consumer = other.consume(queue, 1).await;
    next(&mut consumer).await;
    other
        .channel
        .basic_ack(99, BasicAckOptions::default())
        .await
        .unwrap();
    let end = patiently(consumer.next()).await.unwrap();
    assert_eq!(
        refusal(end),
        "406 PRECONDITION_FAILED - unknown delivery tag 99"
    );
    client.close().await;
}

async fn a_closed_channel_puts_everything_back(target: &Target) {
    let queue = "settling.closed";
    let client = filled(target, queue).await;
    let other = target.client().await;
    other.get(queue).await.unwrap();
    other.get(queue).await.unwrap();
    other.channel.close(200, "done".into()).await.unwrap();
    client.reaches(queue, 4).await;
    assert_eq!(
        drain(&client, queue).await,
        ["0 again", "1 again", "2", "3"]
    );
    other.close().await;
    client.close().await;
}

async fn recovering_puts_everything_back(target: &Target) {
    let queue = "settling.recovered";
    let client = filled(target, queue).await;
    client.get(queue).await.unwrap();
    client.get(queue).await.unwrap();
    client
        .channel
        .basic_recover(BasicRecoverOptions { requeue: true })
        .await
        .unwrap();
    client.reaches(queue, 4).await;
    assert_eq!(
        drain(&client, queue).await,
        ["0 again", "1 again", "2", "3"]
    );
    client.close().await;
}

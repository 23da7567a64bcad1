//! Out of queues: prefetch, sharing, cancelling.

use futures_util::StreamExt;
use lapin::{
    options::{
        BasicAckOptions, BasicCancelOptions, BasicConsumeOptions, BasicQosOptions,
        QueueDeleteOptions,
    },
    types::FieldTable,
};

use super::{arguments, on_both_brokers};
use crate::brokers::{Target, next, patiently, refusal, shown};

on_both_brokers! {
    prefetch_bounds_what_a_consumer_has,
    a_global_prefetch_bounds_all_consumers_of_a_channel,
    connections_share_a_queue_by_turns,
    an_exclusive_consumer_is_alone,
    deleting_a_queue_ends_its_consumers,
    cancelling_leaves_what_is_open_to_its_channel,
}

async fn prefetch_bounds_what_a_consumer_has(target: &Target) {
    let client = target.client().await;
    let queue = "consuming.prefetch";
    client.queue(queue, arguments(&[])).await;
    for n in 0..5 {
        client.publish(queue, &n.to_string()).await;
    }
    let mut consumer = client.consume(queue, 2).await;
    let first = next(&mut consumer).await;
    let second = next(&mut consumer).await;
    assert_eq!((shown(&first), shown(&second)), ("0".into(), "1".into()));
    assert_eq!(client.depth(queue).await, 3);
    second
        .acker
        .ack(BasicAckOptions { multiple: true })
        .await
        .unwrap();
    assert_eq!(shown(&next(&mut consumer).await), "2");
    assert_eq!(shown(&next(&mut consumer).await), "3");
    assert_eq!(client.depth(queue).await, 1);
    client.close().await;
}

async fn a_global_prefetch_bounds_all_consumers_of_a_channel(target: &Target) {
    let client = target.client().await;
    let queues = ["consuming.global.a", "consuming.global.b"];
    for queue in queues {
        client.queue(queue, arguments(&[])).await;
        client.publish(queue, "1").await;
        client.publish(queue, "2").await;
    }
    let channel = client.connection.create_channel().await.unwrap();
    channel
        .basic_qos(3, BasicQosOptions { global: true })
        .await
        .unwrap();
    let mut consumers = Vec::new();
    for queue in queues {
        let options = BasicConsumeOptions::default();
        let consume =
            channel.basic_consume(queue.into(), "".into(), options, FieldTable::default());
        consumers.push(consume.await.unwrap());
    }
    next(&mut consumers[0]).await;
    let last = next(&mut consumers[0]).await;
    next(&mut consumers[1]).await;
    assert_eq!(
        (client.depth(queues[0]).await, client.depth(queues[1]).await),
        (0, 1)
    );
    // Room made by one queue's message lets the other's through.
    last.acker.ack(BasicAckOptions::default()).await.unwrap();
    assert_eq!(shown(&next(&mut consumers[1]).await), "2");
    client.close().await;
}

async fn connections_share_a_queue_by_turns(target: &Target) {
    let publisher = target.client().await;
    let queue = "consuming.shared";
    publisher.queue(queue, arguments(&[])).await;
    let (one, two) = (target.client().await, target.client().await);
    let (mut first, mut second) = (one.consume(queue, 10).await, two.consume(queue, 10).await);
    for n in 0..6 {
        publisher.publish(queue, &n.to_string()).await;
    }
    let mut seen = Vec::new();
    for _ in 0..3 {
        seen.push(shown(&next(&mut first).await));
        seen.push(shown(&next(&mut second).await));
    }
    assert_eq!(seen, ["0", "1", "2", "3", "4", "5"]);
    // A connection that goes gives back what it had, to the other one.
    one.close().await;
    let mut returned = Vec::new();
    for _ in 0..3 {
        returned.push(shown(&next(&mut second).await));
    }
    assert_eq!(returned, ["0 again", "2 again", "4 again"]);
    two.close().await;
    publisher.close().await;
}

async fn an_exclusive_consumer_is_alone(target: &Target) {
    let client = target.client().await;
    let queue = "consuming.exclusive";
    client.queue(queue, arguments(&[])).await;
    let options = BasicConsumeOptions {
        exclusive: true,
        ..Default::default()
    };
    let consume =
        client
            .channel
            .basic_consume(queue.into(), "".into(), options, FieldTable::default());
    let _alone = consume.await.unwrap();
    let other = client.connection.create_channel().await.unwrap();
    let options = BasicConsumeOptions::default();
    let refused = other
        .basic_consume(queue.into(), "".into(), options, FieldTable::default())
        .await;
    assert_eq!(
        refusal(refused),
        "403 ACCESS_REFUSED - queue 'consuming.exclusive' in vhost '/' in exclusive use"
    );
    client.close().await;
}

async fn deleting_a_queue_ends_its_consumers(target: &Target) {
    let client = target.client().await;
    let queue = "consuming.deleted";
    client.queue(queue, arguments(&[])).await;
    let mut consumer = client.consume(queue, 1).await;
    let other = target.client().await;
    other
        .channel
        .queue_delete(queue.into(), QueueDeleteOptions::default())
        .await
        .unwrap();
    // `basic.cancel` from the broker ends the stream.
    assert!(patiently(consumer.next()).await.is_none());
    client.close().await;
}

async fn cancelling_leaves_what_is_open_to_its_channel(target: &Target) {
    let client = target.client().await;
    let queue = "consuming.cancelled";
    client.queue(queue, arguments(&[])).await;
    let mut consumer = client.consume(queue, 1).await;
    client.publish(queue, "1").await;
    client.publish(queue, "2").await;
    let open = next(&mut consumer).await;
    let cancel = BasicCancelOptions::default();
    client
        .channel
        .basic_cancel(consumer.tag(), cancel)
        .await
        .unwrap();
    assert_eq!(client.depth(queue).await, 1);
    open.acker.ack(BasicAckOptions::default()).await.unwrap();
    assert_eq!(client.depth(queue).await, 1);
    client.close().await;
}

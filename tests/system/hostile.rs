//! Clients that mean harm or are broken: the embedded broker answers or closes, and goes on.

use std::{net::SocketAddr, time::Duration};

use lapin::options::BasicGetOptions;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::brokers::{Client, Target, patiently};

const HEADER: &[u8] = b"AMQP\x00\x00\x09\x01";
const START_OK: &[u8] = b"\0\x0a\0\x0b\0\0\0\0\x05PLAIN\0\0\0\x0c\0guest\0guest\x05en_US";
const TUNE_OK: &[u8] = b"\0\x0a\0\x1f\x07\xff\0\x02\0\0\0\0";
const OPEN: &[u8] = b"\0\x0a\0\x28\x01/\0\0";
const CHANNEL_OPEN: &[u8] = b"\0\x14\0\x0a\0";
/// To the default exchange with the key `q`.
const PUBLISH: &[u8] = b"\0\x3c\0\x28\0\0\0\x01q\0";

fn frame(kind: u8, channel: u16, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![kind];
    frame.extend(channel.to_be_bytes());
    frame.extend(u32::try_from(payload.len()).unwrap().to_be_bytes());
    frame.extend(payload);
    frame.push(206);
    frame
}

fn header(size: u64, properties: &[u8]) -> Vec<u8> {
    let mut payload = vec![0, 60, 0, 0];
    payload.extend(size.to_be_bytes());
    payload.extend(properties);
    frame(2, 1, &payload)
}

/// An open connection with channel 1, up to where the caller's bytes begin.
fn opened() -> Vec<u8> {
    let mut bytes = HEADER.to_vec();
    for method in [START_OK, TUNE_OK, OPEN] {
        bytes.extend(frame(1, 0, method));
    }
    bytes.extend(frame(1, 1, CHANNEL_OPEN));
    bytes
}

/// Sends bytes; returns the reply code with which the broker closed something, if it did.
async fn answer(address: SocketAddr, bytes: &[u8]) -> Option<u16> {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let (mut reader, mut writer) = stream.split();
    // A broker that closes early makes the rest unwritable.
    drop(writer.write_all(bytes).await);
    let mut seen = Vec::new();
    let reading = async {
        let mut buffer = [0; 4096];
        while let Ok(read @ 1..) = reader.read(&mut buffer).await {
            seen.extend_from_slice(&buffer[..read]);
            if let Some(code) = close_code(&seen) {
                return Some(code);
            }
        }
        None
    };
    patiently(reading).await
}

/// Finds `connection.close` or `channel.close` among frames.
fn close_code(mut bytes: &[u8]) -> Option<u16> {
    while let [_, _, _, a, b, c, d, rest @ ..] = bytes {
        let size = u32::from_be_bytes([*a, *b, *c, *d]) as usize;
        let payload = rest.get(..size)?;
        if let [0, 10, 0, 50, high, low, ..] | [0, 20, 0, 40, high, low, ..] = payload {
            return Some(u16::from_be_bytes([*high, *low]));
        }
        bytes = rest.get(size + 1..)?;
    }
    None
}

/// The broker still serves.
async fn serves(target: &Target) {
    let client = target.client().await;
    client.queue("q", lapin::types::FieldTable::default()).await;
    client.publish("q", "1").await;
    assert!(client.get("q").await.is_some());
    client.close().await;
}

/// A conversation, and the reply code that ends it, if it gets as far as that.
type Case = (&'static str, Vec<u8>, Option<u16>);

fn before_opening() -> Vec<Case> {
    vec![
        ("http", b"GET / HTTP/1.1\r\n\r\n".to_vec(), None),
        ("wrong version", b"AMQP\x01\x01\x00\x0a".to_vec(), None),
        (
            "garbage after the header",
            [HEADER, &[255; 64]].concat(),
            None,
        ),
        (
            "open before start-ok",
            [HEADER.to_vec(), frame(1, 0, OPEN)].concat(),
            None,
        ),
    ]
}

fn once_open() -> Vec<Case> {
    let with = |more: &[Vec<u8>]| [opened(), more.concat()].concat();
    vec![
        (
            "no end mark",
            with(&[vec![1, 0, 1, 0, 0, 0, 1, 0, 0]]),
            Some(501),
        ),
        (
            "oversized frame",
            with(&[vec![3, 0, 1, 0xff, 0xff, 0xff, 0xff]]),
            Some(501),
        ),
        (
            "unknown method",
            with(&[frame(1, 1, &[0, 99, 0, 99])]),
            Some(502),
        ),
        (
            "truncated method",
            with(&[frame(1, 1, &[0, 50, 0, 10, 0])]),
            Some(502),
        ),
        (
            "deeply nested arguments",
            with(&[frame(1, 1, &deep())]),
            Some(502),
        ),
        (
            "publish to an unknown channel",
            with(&[frame(1, 9, PUBLISH)]),
            Some(504),
        ),
        (
            "channel opened twice",
            with(&[frame(1, 1, CHANNEL_OPEN)]),
            Some(504),
        ),
        ("a header too early", with(&[header(1, &[0, 0])]), Some(505)),
        ("a body too early", with(&[frame(3, 1, b"x")]), Some(505)),
        (
            "a method instead of a header",
            with(&[frame(1, 1, PUBLISH), frame(1, 1, PUBLISH)]),
            Some(505),
        ),
        (
            "more body than announced",
            with(&[
                frame(1, 1, PUBLISH),
                header(1, &[0, 0]),
                frame(3, 1, b"xyz"),
            ]),
            Some(501),
        ),
        (
            "broken properties",
            with(&[frame(1, 1, PUBLISH), header(1, &[0xff, 0xff, 200, 1])]),
            Some(502),
        ),
        (
            "a body beyond the limit",
            with(&[frame(1, 1, PUBLISH), header(1 << 40, &[0, 0])]),
            Some(406),
        ),
    ]
}

/// A declaration whose arguments are tables in tables.
fn deep() -> Vec<u8> {
    let mut table = Vec::new();
    for _ in 0..15_000 {
        let mut outer = vec![1, b'k', b'F'];
        outer.extend(u32::try_from(table.len()).unwrap().to_be_bytes());
        outer.append(&mut table);
        table = outer;
    }
    let mut declare = b"\0\x32\0\x0a\0\0\x01q\0".to_vec();
    declare.extend(u32::try_from(table.len()).unwrap().to_be_bytes());
    [declare, table].concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn broken_conversations_are_closed_with_the_right_code() {
    let target = Target::embedded().await;
    let address = target.broker().address();
    for (name, bytes, expected) in before_opening().into_iter().chain(once_open()) {
        assert_eq!(answer(address, &bytes).await, expected, "{name}");
    }
    serves(&target).await;
    target.stop().await;
}

/// A fixed sequence that looks random (Marsaglia's xorshift).
fn scramble(seed: &mut u64) -> u64 {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    *seed
}

#[tokio::test(flavor = "multi_thread")]
async fn scrambled_conversations_do_no_harm() {
    let target = Target::embedded().await;
    let address = target.broker().address();
    let declare = frame(1, 1, b"\0\x32\0\x0a\0\0\x01q\0\0\0\0\0");
    let consume = frame(1, 1, b"\0\x3c\0\x14\0\0\x01q\x01c\0\0\0\0\0");
    let ack = frame(1, 1, b"\0\x3c\0\x50\0\0\0\0\0\0\0\x01\0");
    let message = [
        frame(1, 1, PUBLISH),
        header(3, &[0, 0]),
        frame(3, 1, b"abc"),
    ]
    .concat();
    let whole = [opened(), declare, message, consume, ack].concat();
    let mut seed = 0x5eed_0002_u64;
    for _ in 0..300 {
        let mut bytes = whole.clone();
        for _ in 0..=scramble(&mut seed) % 4 {
            let at = usize::try_from(scramble(&mut seed)).unwrap() % bytes.len();
            bytes[at] = scramble(&mut seed).to_le_bytes()[0];
        }
        bytes.truncate(bytes.len() - usize::try_from(scramble(&mut seed)).unwrap() % 40);
        let mut stream = TcpStream::connect(address).await.unwrap();
        drop(stream.write_all(&bytes).await);
        drop(stream.shutdown().await);
        let mut rest = Vec::new();
        drop(patiently(stream.read_to_end(&mut rest)).await);
    }
    serves(&target).await;
    target.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn half_open_connections_are_closed_after_a_while() {
    let target = Target::embedded().await;
    let mut silent = TcpStream::connect(target.broker().address()).await.unwrap();
    silent.write_all(&HEADER[..3]).await.unwrap();
    let mut rest = Vec::new();
    // The handshake has 10 s.
    let ended = tokio::time::timeout(Duration::from_secs(15), silent.read_to_end(&mut rest)).await;
    assert_eq!(ended.unwrap().unwrap(), 0);
    serves(&target).await;
    target.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_does_not_read_is_not_written_for() {
    let target = Target::embedded().await;
    let client = target.client().await;
    client.queue("q", lapin::types::FieldTable::default()).await;
    let body = vec![b'x'; 1 << 20];
    for _ in 0..40 {
        client
            .publish_with("q", &body, lapin::BasicProperties::default())
            .await;
    }
    // It consumes without acknowledging and never reads.
    let mut deaf = TcpStream::connect(target.broker().address()).await.unwrap();
    let consume = frame(1, 1, b"\0\x3c\0\x14\0\0\x01q\x01c\x02\0\0\0\0");
    deaf.write_all(&[opened(), consume].concat()).await.unwrap();
    let status = || {
        target
            .broker()
            .queues()
            .into_iter()
            .find(|q| q.name == "q")
            .unwrap()
    };
    let consuming = async {
        while status().consumers == 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    };
    patiently(consuming).await;
    // What the sockets' buffers and the output's bound hold is gone; the rest still waits.
    assert!(status().ready > 20, "{:?}", status());
    drop(deaf);
    let rest = async {
        let get = BasicGetOptions { no_ack: true };
        while client
            .channel
            .basic_get("q".into(), get)
            .await
            .unwrap()
            .is_some()
        {}
    };
    patiently(rest).await;
    client.close().await;
    target.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_snapshot_never_looks_idle_while_a_message_is_under_way() {
    let target = Target::embedded().await;
    let client = target.client().await;
    for queue in ["one", "two"] {
        client
            .queue(queue, lapin::types::FieldTable::default())
            .await;
    }
    client.publish("one", "1").await;
    let url = target.url.clone();
    // A service as it should be: publishes, waits for the confirm, acknowledges.
    let passing = tokio::spawn(async move {
        let client = Client::connect(&url).await;
        for _ in 0..200 {
            for (from, to) in [("one", "two"), ("two", "one")] {
                let message = client.get(from).await.unwrap();
                client.publish(to, "1").await;
                message
                    .acker
                    .ack(lapin::options::BasicAckOptions::default())
                    .await
                    .unwrap();
            }
        }
    });
    while !passing.is_finished() {
        let queues = target.broker().queues();
        let under_way: u64 = queues.iter().map(|q| q.ready + q.unacknowledged).sum();
        assert!(under_way > 0, "{queues:?}");
        tokio::task::yield_now().await;
    }
    passing.await.unwrap();
    client.close().await;
    target.stop().await;
}

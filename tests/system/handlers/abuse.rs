//! Clients and functions that mean no good.

use std::time::Duration;

use futures_util::future::join_all;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

use super::host::Host;

#[tokio::test]
async fn malformed_requests_are_refused_and_hurt_nobody() {
    let host = Host::start().await;
    let long = format!("POST /{} HTTP/1.1\r\nhost: a\r\n\r\n", "x".repeat(100_000));
    let headers = "x-header: y\r\n".repeat(200);
    let many = format!("POST /echo HTTP/1.1\r\nhost: a\r\n{headers}\r\n");
    let huge = format!("POST /echo HTTP/1.1\r\nx: {}\r\n\r\n", "y".repeat(100_000));
    let two_lengths =
        "POST /echo HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nxy";
    let both = "POST /echo HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n";
    for bytes in [
        "GARBAGE\r\n\r\n",
        "POST /echo\r\n\r\n",
        "\0\0\0\0\r\n\r\n",
        "POST /echo HTTP/1.1\r\nhost: a\r\ncontent-length: -1\r\n\r\n",
        "POST /echo HTTP/1.1\r\nhost: a\r\ncontent-length: 99999999999999999999\r\n\r\n",
        two_lengths,
        both,
        &long,
        &many,
        &huge,
    ] {
        let answer = host.raw(bytes.as_bytes()).await;
        let first = answer.lines().next().unwrap_or_default();
        let refused = first.is_empty() || first.starts_with("HTTP/1.1 4");
        assert!(refused, "{first} for {bytes:.60}");
        assert_eq!(host.ask("echo", "x").await.0, 200);
    }
}

#[tokio::test]
async fn slow_clients_are_cut_off() {
    let host = Host::with(&[("SLINGSHOT_HTTP_KEEP_ALIVE", "1s")]).await;
    for bytes in ["", "P", "POST /echo HTTP/1.1\r\nhost: a\r\nx-"] {
        // `raw` waits until the server closes.
        host.raw(bytes.as_bytes()).await;
    }
    let mut idle = TcpStream::connect(host.address).await.unwrap();
    idle.write_all(b"POST /echo HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n\r\n")
        .await
        .unwrap();
    let mut answer = Vec::new();
    let closed = timeout(Duration::from_secs(20), idle.read_to_end(&mut answer));
    closed.await.expect("an idle connection is closed").unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 200 "));
}

#[tokio::test]
async fn a_client_that_leaves_takes_its_call_with_it() {
    let host = Host::start().await;
    let leaving = (0..200).map(|_| async {
        let mut connection = TcpStream::connect(host.address).await.unwrap();
        let request = "POST /sleeps HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\n19999";
        connection.write_all(request.as_bytes()).await.unwrap();
    });
    join_all(leaving).await;
    let free = async { while host.ask("sleeps", "0").await.0 != 200 {} };
    timeout(Duration::from_secs(10), free)
        .await
        .expect("the replica is free again");
}

#[tokio::test]
async fn functions_that_misbehave_leave_the_service_as_it_was() {
    let mut host = Host::start().await;
    for _ in 0..20 {
        for (handler, data, status) in [
            ("panics", "x", 500),
            ("panics_on_a_thread", "x", 500),
            ("relay", "panics x", 500),
            ("relay", "none x", 500),
            ("fails", "x", 500),
        ] {
            assert_eq!(host.ask(handler, data).await.0, status, "{handler}");
        }
    }
    assert_eq!(host.ask("blocks_on_a_thread", "1500").await.0, 504);
    // An async function that blocks holds up its thread once, and is moved to threads of its own then.
    assert_eq!(host.ask("blocks", "150").await.0, 200);
    host.says("kept its thread").await;
    let blocked = host.ask("blocks", "3000");
    let others = join_all((0..50).map(|_| host.ask("echo", "x")));
    let (blocked, others) = tokio::join!(blocked, timeout(Duration::from_secs(2), others));
    assert_eq!(blocked.0, 504);
    let others = others.expect("nobody waits for one that blocks");
    assert!(others.iter().all(|(status, _)| *status == 200));
    assert_eq!(host.ask("relay", "echo x").await.0, 200);
}

//! How a server ends.

use reqwest::header;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use super::host::{Host, said};

#[tokio::test]
async fn what_runs_is_finished_and_what_comes_is_refused() {
    let mut host = Host::start().await;
    let client = host.client.clone();
    let (slow, quick) = (host.url("sleeps"), host.url("echo"));
    let running = tokio::spawn(said(client.post(slow).body("2000")));
    host.says("sleeping").await;
    let mut idle = TcpStream::connect(host.address).await.unwrap();
    idle.write_all(b"POST /echo HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\n\r\nx")
        .await
        .unwrap();
    let mut answer = [0; 12];
    idle.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200");
    host.terminate();
    loop {
        let answer = client.post(&quick).body("x").send().await.unwrap();
        if answer.status() == 503 {
            assert_eq!(answer.headers()[header::RETRY_AFTER], "1");
            break;
        }
    }
    assert_eq!(running.await.unwrap().0, 200);
    assert_eq!(host.ended().await.code(), Some(0), "{}", host.log());
}

#[tokio::test]
async fn a_second_signal_does_not_wait() {
    let mut host = Host::start().await;
    let client = host.client.clone();
    let running = tokio::spawn(client.post(host.url("sleeps")).body("15000").send());
    host.says("sleeping").await;
    host.terminate();
    // The first signal is heard once new requests are refused.
    while host.ask("echo", "x").await.0 != 503 {}
    host.terminate();
    assert_eq!(host.ended().await.code(), Some(75), "{}", host.log());
    assert!(running.await.unwrap().is_err());
}

#[tokio::test]
async fn a_request_may_shut_it_down_where_it_may() {
    let mut host = Host::start().await;
    let shutdown = || host.client.post(host.url("shutdown"));
    let page = shutdown().header(header::ORIGIN, "http://evil.example");
    assert_eq!(said(page).await.0, 403);
    assert_eq!(said(shutdown()).await, (200, "shutting down".into()));
    assert_eq!(host.ended().await.code(), Some(0));

    let keyed = [("SLINGSHOT_HTTP_KEYS", "env:KEY"), ("KEY", "s3cret")];
    let mut host = Host::with(&keyed).await;
    let shutdown = || host.client.post(host.url("shutdown"));
    assert_eq!(said(shutdown()).await.0, 401);
    let shown = shutdown().header(header::AUTHORIZATION, "Bearer s3cret");
    assert_eq!(said(shown).await.0, 200);
    assert_eq!(host.ended().await.code(), Some(0));
}

#[tokio::test]
async fn an_open_listener_is_refused() {
    let mut host = Host::spawn(&[("SLINGSHOT_HTTP", "0.0.0.0:0")]);
    assert_eq!(host.ended().await.code(), Some(2));
    assert!(
        host.log().contains("nothing keeps strangers out"),
        "{}",
        host.log()
    );
}

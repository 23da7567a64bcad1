//! Every row of the table of requests, and every status of its errors.

use reqwest::{Method, header};
use serde_json::{Value, json};

use super::host::{Host, Said, client, said};

#[track_caller]
fn check((status, message): Said, expected: u16, words: impl Into<Value>) {
    assert_eq!((status, message), (expected, words.into()));
}

#[tokio::test]
async fn data_comes_in_an_envelope_or_as_it_is() {
    let host = Host::start().await;
    check(host.ask("echo", "a \"b\"\n").await, 200, "a \"b\"\n");
    check(host.ask("echo", json!({"n": 1})).await, 200, r#"{"n":1}"#);
    let plain = |body: &'static str| host.client.post(host.url("echo")).body(body);
    check(said(plain("as it is")).await, 200, "as it is");
    check(said(plain(r#"{"n": 1}"#)).await, 200, r#"{"n": 1}"#);
    check(said(plain("")).await, 200, "");
    let order = json!({"id": 7, "lines": []});
    let answered = json!({"id": 7, "lines": ["from client"]});
    check(host.ask("order", order.clone()).await, 201, answered);
    let verbatim = host.client.post(host.url("order")).json(&order);
    check(
        said(verbatim).await,
        201,
        json!({"id": 7, "lines": ["from "]}),
    );
    check(host.ask("on_a_thread", "x").await, 200, "1: x");
    check(host.ask("on_a_thread", "y").await, 200, "2: y");
    check(host.ask("nothing", "x").await, 200, Value::Null);
    let raw = host.client.post(host.url("raw")).body(vec![0, 255, 10]);
    let raw = raw.send().await.unwrap();
    assert_eq!(
        raw.headers()[header::CONTENT_TYPE],
        "application/octet-stream"
    );
    assert_eq!(raw.bytes().await.unwrap(), &[0, 255, 10][..]);
    let heard = host
        .client
        .post(host.url("heard?a=b"))
        .header("x-heard", "you");
    check(said(heard).await, 200, "you a=b ");
}

#[tokio::test]
async fn every_error_says_what_it_is() {
    let host = Host::start().await;
    check(host.ask("none", "x").await, 404, "Handler not found: none");
    check(host.ask("fails", "bread").await, 500, "no bread today");
    check(host.ask("refuses", "seat 7").await, 409, "seat 7 is taken");
    check(host.ask("panics", "x").await, 500, "`panics` panicked");
    let on_a_thread = "`panics_on_a_thread` panicked";
    check(host.ask("panics_on_a_thread", "x").await, 500, on_a_thread);
    let late = "`never_returns` did not answer within its timeout of 300ms";
    check(host.ask("never_returns", "x").await, 504, late);
    let misfit = host.ask("order", json!({"id": "seven"})).await;
    assert_eq!(misfit.0, 400);
    assert!(
        misfit.1.as_str().unwrap().contains("invalid type"),
        "{misfit:?}"
    );
    let broken = host.client.post(host.url("echo")).body(r#"{"data": "#);
    let broken = said(broken.header(header::CONTENT_TYPE, "application/json")).await;
    assert_eq!(broken.0, 400);
    let not_text = host.client.post(host.url("echo")).body(vec![255]);
    let words = "the data is not UTF-8: invalid at byte 0";
    check(said(not_text).await, 400, words);
    let packed = host.client.post(host.url("echo")).body("x");
    let packed = said(packed.header(header::CONTENT_ENCODING, "gzip")).await;
    check(packed, 415, "the body is compressed: send it as it is");
    let got = host.client.get(host.url("echo")).send().await.unwrap();
    assert_eq!(got.headers()[header::ALLOW], "POST");
    let got = said(host.client.request(Method::PUT, host.url("echo"))).await;
    check(got, 405, "PUT is not for this address: it takes POST");
}

#[tokio::test]
async fn a_body_may_be_as_large_as_it_may() {
    let host = Host::with(&[("SLINGSHOT_HTTP_BODY_LIMIT", "100000")]).await;
    let sent = |size: usize| host.client.post(host.url("echo")).body("x".repeat(size));
    assert_eq!(said(sent(100_000)).await.0, 200);
    let large = "the body is larger than 100000 bytes";
    check(said(sent(100_001)).await, 413, large);
    // One that does not say how long it is.
    let chunks = "POST /echo HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n";
    let mut bytes = chunks.as_bytes().to_vec();
    for _ in 0..11 {
        bytes.extend_from_slice(b"2710\r\n");
        bytes.extend_from_slice(&[b'x'; 10_000]);
        bytes.extend_from_slice(b"\r\n");
    }
    let answer = host.raw(&bytes).await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
}

#[tokio::test]
async fn one_runs_one_waits_and_the_next_is_told_to_come_again() {
    let host = Host::start().await;
    let ask = || host.client.post(host.url("sleeps")).body("800").send();
    let (one, two, three) = tokio::join!(ask(), ask(), ask());
    let mut answers = [one, two, three].map(Result::unwrap);
    answers.sort_by_key(reqwest::Response::status);
    let statuses = answers.each_ref().map(|answer| answer.status().as_u16());
    assert_eq!(statuses, [200, 200, 429]);
    let [.., refused] = answers;
    assert_eq!(refused.headers()[header::RETRY_AFTER], "1");
    let said: Value = refused.json().await.unwrap();
    let words = "the line of `sleeps` is full: 1 calls run and 1 wait";
    assert_eq!(said["message"], words);
}

#[tokio::test]
async fn a_handler_that_is_busy_takes_nothing_from_the_others() {
    let host = Host::with(&[("SLINGSHOT_HTTP_MAX_REQUESTS", "2")]).await;
    let busy = host.ask("sleeps", "1500");
    let others = async {
        for _ in 0..20 {
            check(host.ask("echo", "x").await, 200, "x");
        }
    };
    let (busy, ()) = tokio::join!(busy, others);
    assert_eq!(busy.0, 200);
}

#[tokio::test]
async fn keys_are_asked_for_and_strangers_learn_nothing() {
    let host = Host::with(&[("SLINGSHOT_HTTP_KEYS", "env:KEY"), ("KEY", "s3cret")]).await;
    let needed = "an API key is needed: send `Authorization: Bearer KEY`";
    check(host.ask("echo", "x").await, 401, needed);
    check(host.ask("none", "x").await, 401, needed);
    let shown = |key: &'static str| {
        let request = host.client.post(host.url("echo")).body("x");
        request.header(header::AUTHORIZATION, key)
    };
    check(said(shown("Bearer s3cret")).await, 200, "x");
    check(said(shown("s3cret")).await, 200, "x");
    check(said(shown("Bearer s3cre")).await, 401, needed);
    assert!(!host.log().contains("s3cret"), "{}", host.log());
}

#[tokio::test]
async fn http_2_is_spoken_too() {
    let host = Host::start().await;
    let client = client().http2_prior_knowledge().build().unwrap();
    let asked = (0..50).map(|number| {
        let request = client.post(host.url("echo")).body(number.to_string());
        async move { (said(request).await, number.to_string()) }
    });
    for (said, expected) in futures_util::future::join_all(asked).await {
        check(said, 200, expected);
    }
    let answer = client
        .post(host.url("echo"))
        .body("x")
        .send()
        .await
        .unwrap();
    assert_eq!(answer.version(), reqwest::Version::HTTP_2);
}

#[tokio::test]
async fn browsers_are_told_to_do_nothing_with_answers() {
    let host = Host::start().await;
    let answer = host
        .client
        .post(host.url("echo"))
        .body("x")
        .send()
        .await
        .unwrap();
    let headers = answer.headers();
    assert_eq!(headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
    assert_eq!(headers[header::CACHE_CONTROL], "no-store");
    let policy = "default-src 'none'; frame-ancestors 'none'";
    assert_eq!(headers[header::CONTENT_SECURITY_POLICY], policy);
}

//! `slingshot sys-map serve` with a token and a certificate, as strangers and its services meet it.

use std::{fmt::Write as _, fs, path::Path, time::Duration};

use reqwest::{Certificate, Client};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::{Instant, sleep, timeout},
};

use super::{
    authority::{Authority, KeyForm},
    process::Running,
    served::{Served, command, project},
};

const MAP: &str = "[services.sniff]\nin = \"sniff\"\nout = []\n";
const TOKEN: &str = "6d18a1a0e5f7c1c0-a-token-of-the-test";
const PATIENCE: Duration = Duration::from_secs(30);

/// Where a test's token, certificate and key are.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        let directory = TempDir::new().unwrap();
        fs::write(directory.path().join("token"), TOKEN).unwrap();
        Self(directory)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn words(&self, words: &str) -> Vec<String> {
        let place = self.path().display().to_string();
        words
            .split(' ')
            .map(|word| word.replace("PLACE", &place))
            .collect()
    }
}

const TOKEN_WORDS: &str = "--token file:PLACE/token";
const TLS_WORDS: &str = "--tls-cert PLACE/certificate.pem --tls-key PLACE/key.pem";

/// A client that trusts nobody but this authority.
fn client(authority: &Authority) -> Client {
    // Another test of this process may have been first.
    drop(rustls::crypto::ring::default_provider().install_default());
    let root = Certificate::from_pem(authority.root.as_bytes()).unwrap();
    Client::builder()
        .tls_certs_only([root])
        .no_proxy()
        .build()
        .unwrap()
}

/// The status, the challenge and the body of one question, `Authorization` as given.
async fn asked(client: &Client, url: &str, authorization: Option<&str>) -> String {
    let mut request = client.get(url);
    if let Some(authorization) = authorization {
        request = request.header("Authorization", authorization);
    }
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    let challenge = answer.headers().get("www-authenticate");
    let challenge = challenge.map_or_else(String::new, |it| format!(" {}", it.to_str().unwrap()));
    format!(
        "{status}{challenge}: {}",
        answer.text().await.unwrap().trim()
    )
}

#[tokio::test]
async fn only_the_token_is_answered_and_everybody_learns_whether_the_server_lives() {
    let place = Place::new();
    let served = Served::start_with(MAP, &place.words(TOKEN_WORDS)).await;
    let client = client(&Authority::new());
    let check = async |path: &str, authorization: Option<&str>, expected: &str| {
        let url = format!("{}{path}", served.url);
        assert_eq!(
            asked(&client, &url, authorization).await,
            expected,
            "{authorization:?}"
        );
    };
    let good = r#"200: {"in":"sniff","out":[]}"#;
    check("/sniff", Some(&format!("Bearer {TOKEN}")), good).await;
    check("/sniff", Some(&format!("bearer  {TOKEN}")), good).await;
    let help = "this sys-map wants a token: Authorization: Bearer TOKEN";
    let none = format!("401 Bearer realm=\"sys-map\": {help}");
    check("/sniff", None, &none).await;
    check("/sniff", Some(TOKEN), &none).await;
    check("/sniff", Some(&format!("Basic {TOKEN}")), &none).await;
    // Nor does a stranger learn which names there are.
    check("/other", None, &none).await;
    let wrong = format!("401 Bearer realm=\"sys-map\", error=\"invalid_token\": {help}");
    check("/sniff", Some("Bearer guess"), &wrong).await;
    check("/sniff", Some(&format!("Bearer {TOKEN}x")), &wrong).await;
    check("/sniff", Some("Bearer "), &none).await;
    check("/livez", None, "200: ok").await;
    assert!(!served.process.log().contains(TOKEN));
}

#[tokio::test]
async fn every_form_of_a_key_serves_and_plain_http_is_not_answered() {
    let authority = Authority::new();
    for form in [KeyForm::Pkcs8, KeyForm::Sec1, KeyForm::Pkcs1] {
        let place = Place::new();
        authority.issue(place.path(), form).await;
        let served = Served::start_with(MAP, &place.words(TLS_WORDS)).await;
        let url = format!("{}/sniff", served.url);
        assert!(url.starts_with("https://127.0.0.1:"), "{url}");
        let answer = asked(&client(&authority), &url, None).await;
        assert_eq!(answer, r#"200: {"in":"sniff","out":[]}"#, "{form:?}");
        let plain = client(&authority).get(url.replace("https", "http")).send();
        assert!(plain.await.is_err());
        let stranger = client(&Authority::new()).get(url).send().await;
        let refused = format!("{:?}", stranger.unwrap_err());
        assert!(refused.contains("InvalidCertificate"), "{refused}");
    }
}

#[tokio::test]
async fn a_renewed_certificate_is_served_and_half_of_one_is_not() {
    let (place, first, second) = (Place::new(), Authority::new(), Authority::new());
    first.issue(place.path(), KeyForm::Pkcs8).await;
    let served = Served::start_with(MAP, &place.words(TLS_WORDS)).await;
    let url = format!("{}/livez", served.url);
    assert_eq!(asked(&client(&first), &url, None).await, "200: ok");

    let key = fs::read(place.path().join("key.pem")).unwrap();
    second.issue(place.path(), KeyForm::Pkcs8).await;
    let new_key = fs::read(place.path().join("key.pem")).unwrap();
    fs::write(place.path().join("key.pem"), key).unwrap();
    served
        .process
        .prints("the last good certificate stays")
        .await;
    assert_eq!(asked(&client(&first), &url, None).await, "200: ok");

    fs::write(place.path().join("key.pem"), new_key).unwrap();
    served
        .process
        .prints("the certificate changed and is read again")
        .await;
    let deadline = Instant::now() + PATIENCE;
    while client(&second).get(&url).send().await.is_err() {
        assert!(
            Instant::now() < deadline,
            "the renewed certificate is not served"
        );
        sleep(Duration::from_millis(50)).await;
    }
    assert!(client(&first).get(&url).send().await.is_err());
}

#[tokio::test]
async fn what_cannot_guard_is_refused_with_its_reason() {
    let (place, authority) = (Place::new(), Authority::new());
    authority.issue(place.path(), KeyForm::Pkcs8).await;
    fs::copy(
        place.path().join("key.pem"),
        place.path().join("other-key.pem"),
    )
    .unwrap();
    authority.issue(place.path(), KeyForm::Pkcs8).await;
    fs::write(place.path().join("spaced"), "two words\n").unwrap();
    let mut shown = String::new();
    for words in [
        "--address 0.0.0.0:0",
        "--address [::]:0",
        "--token hunter2",
        "--token file:PLACE/none",
        "--token file:PLACE/spaced",
        "--tls-cert PLACE/certificate.pem",
        "--tls-cert PLACE/none.pem --tls-key PLACE/key.pem",
        "--tls-cert PLACE/key.pem --tls-key PLACE/key.pem",
        "--tls-cert PLACE/certificate.pem --tls-key PLACE/certificate.pem",
        "--tls-cert PLACE/certificate.pem --tls-key PLACE/other-key.pem",
        "PLACE/none.json",
    ] {
        let directory = project(MAP);
        let mut command = command(directory.path());
        let mut process = Running::start(command.args(place.words(words)));
        let code = process.ends().await.unwrap();
        let log = process.log();
        writeln!(shown, "$ sys-map serve {words}\n{log}[exit {code}]\n").unwrap();
    }
    assert!(
        !shown.contains("hunter2") || shown.matches("hunter2").count() == 1,
        "{shown}"
    );
    let shown = shown.replace(&place.path().display().to_string(), "PLACE");
    insta::assert_snapshot!(shown);
}

/// What the server sends to bytes that are written, until it closes; and how long that takes.
async fn closed(url: &str, bytes: &[u8]) -> (String, Duration) {
    let address = url.split_once("://").unwrap().1;
    let mut stream = TcpStream::connect(address).await.unwrap();
    let start = Instant::now();
    // It may close before it has read everything.
    stream.write_all(bytes).await.ok();
    let mut answer = Vec::new();
    let end = timeout(PATIENCE, stream.read_to_end(&mut answer)).await;
    end.expect("the connection stays open").ok();
    let answer = String::from_utf8_lossy(&answer).into_owned();
    (
        answer.lines().next().unwrap_or_default().to_owned(),
        start.elapsed(),
    )
}

#[tokio::test]
async fn slow_and_large_requests_are_cut_off() {
    let place = Place::new();
    Authority::new().issue(place.path(), KeyForm::Pkcs8).await;
    let plain = Served::start(MAP).await;
    let encrypted = Served::start_with(MAP, &place.words(TLS_WORDS)).await;
    let request = "GET /sniff HTTP/1.1\r\nHost: map\r\n";
    let large_head = format!("{request}X: {}\r\n\r\n", "x".repeat(64 * 1024));
    let large_body = format!(
        "POST /sniff HTTP/1.1\r\nHost: map\r\nContent-Length: 100000000\r\n\r\n{}",
        "x".repeat(64 * 1024)
    );
    let check = async |url: &str, bytes: &str, expected: &str, at_least, at_most| {
        let (answer, time) = closed(url, bytes.as_bytes()).await;
        assert_eq!(answer, expected);
        let bounds = Duration::from_secs(at_least)..Duration::from_secs(at_most);
        assert!(bounds.contains(&time), "{time:?}");
    };
    tokio::join!(
        check(
            &plain.url,
            &large_head,
            "HTTP/1.1 431 Request Header Fields Too Large",
            0,
            8
        ),
        check(
            &plain.url,
            &large_body,
            "HTTP/1.1 405 Method Not Allowed",
            0,
            8
        ),
        check(&plain.url, request, "", 8, 25),
        check(&plain.url, "", "", 8, 25),
        check(&encrypted.url, "", "", 8, 25),
        check(&encrypted.url, "\u{16}\u{3}\u{1}", "", 8, 25),
    );
    assert_eq!(
        super::http::get(&plain.url, "/livez", "").await.body,
        "ok\n"
    );
}

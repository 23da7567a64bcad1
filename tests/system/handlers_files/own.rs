//! Files of a program's own functions, `own_files.rs`.

use super::{
    GROWTH, MIB,
    client::{Exchange, get, post, post_with},
    host::Host,
};

const OWN: &str = env!("CARGO_BIN_EXE_own-files");
const SIZE: u64 = 1_000_000;

/// The bytes of its files.
fn bytes(offsets: std::ops::Range<u64>) -> Vec<u8> {
    offsets.map(|offset| offset.to_be_bytes()[7]).collect()
}

#[tokio::test]
async fn a_part_of_a_file_is_served_however_it_is_opened() {
    let host = Host::start(OWN, &[]).await;
    for file in ["seekable", "parts", "reader"] {
        let check = async |range: &str, status: u16, told: Option<&str>, expected: Vec<u8>| {
            let path = format!("/stream/download/{file}");
            let headers = format!("Range: {range}\r\n");
            let answer = get(host.address, &path, &headers).await;
            assert_eq!(answer.status, status, "{file} {range}");
            assert_eq!(answer.header("content-range"), told);
            let length = expected.len().to_string();
            assert_eq!(answer.header("content-length"), Some(length.as_str()));
            assert!(answer.bytes().await == expected, "{file} {range}");
        };
        let told = Some("bytes 300-515/1000000");
        check("bytes=300-515", 206, told, bytes(300..516)).await;
        let told = Some("bytes 700000-999999/1000000");
        check("bytes=700000-", 206, told, bytes(700_000..SIZE)).await;
        let told = Some("bytes 999990-999999/1000000");
        check("bytes=-10", 206, told, bytes(SIZE - 10..SIZE)).await;
        let told = Some("bytes */1000000");
        check("bytes=1000000-", 416, told, Vec::new()).await;
        check("bytes=1-2,5-6", 200, None, bytes(0..SIZE)).await;
        check("lines=1-2", 200, None, bytes(0..SIZE)).await;
    }
}

#[tokio::test]
async fn a_client_that_has_the_file_does_not_get_it_again() {
    let host = Host::start(OWN, &[]).await;
    let check = async |method: &str, headers: &str, status: u16, length: u64| {
        let request = format!("{method} /stream/download/seekable");
        let exchange = Exchange::begin(host.address, &request, headers).await;
        let answer = exchange.answer().await;
        assert_eq!(answer.status, status, "{headers}");
        assert_eq!(answer.header("etag"), Some("\"one\""));
        assert_eq!(
            answer.header("content-disposition"),
            Some(
                "attachment; filename=\"gr__e 1_.bin\"; filename*=UTF-8''gr%C3%B6%C3%9Fe%201%22.bin"
            )
        );
        if status == 200 {
            assert_eq!(answer.header("content-type"), Some("text/plain"));
            assert_eq!(answer.header("content-length"), Some("1000000"));
            assert_eq!(answer.header("accept-ranges"), Some("bytes"));
            assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        }
        assert_eq!(answer.length().await, length, "{headers}");
    };
    check("GET", "", 200, SIZE).await;
    check("HEAD", "", 200, 0).await;
    check("HEAD", "Range: bytes=0-9\r\n", 200, 0).await;
    check("GET", "If-None-Match: \"other\"\r\n", 200, SIZE).await;
    check("GET", "If-None-Match: \"other\", W/\"one\"\r\n", 304, 0).await;
    check("HEAD", "If-None-Match: *\r\n", 304, 0).await;
    check("GET", "Range: bytes=0-9\r\nIf-Range: \"one\"\r\n", 206, 10).await;
    check(
        "GET",
        "Range: bytes=0-9\r\nIf-Range: \"two\"\r\n",
        200,
        SIZE,
    )
    .await;
    let unknown = get(host.address, "/stream/download/unknown", "").await;
    assert_eq!(unknown.status, 404);
    assert_eq!(
        unknown.text().await,
        r#"{"status":"error","message":"no such file"}"#
    );
}

#[tokio::test]
async fn a_file_that_breaks_off_does_not_look_whole() {
    let mut host = Host::start(OWN, &[]).await;
    let answer = get(host.address, "/stream/download/broken", "").await;
    assert_eq!(answer.header("content-length"), Some("2000000"));
    let read = answer.bytes().await;
    assert!(u64::try_from(read.len()).unwrap() <= SIZE);
    host.says("it ends 1000000 bytes too early").await;
}

#[tokio::test]
async fn what_is_no_upload_is_refused() {
    let host = Host::start(OWN, &[("SLINGSHOT_HTTP_UPLOAD_LIMIT", "1000")]).await;
    let check = async |name: &str, headers: &str, body: &[u8], status: u16, words: &str| {
        let answer = post_with(host.address, name, headers, body).await;
        assert_eq!(answer.status, status, "{name} {headers}");
        let text = answer.text().await;
        assert!(text.contains(words), "{text}");
    };
    let whole = "Content-Length: 3\r\n";
    check("a.txt", whole, b"abc", 200, r#""message":3}"#).await;
    check("gr%C3%B6%C3%9Fe", whole, b"abc", 200, "3").await;
    for name in [
        "..%2f..%2fetc%2fpasswd",
        "%2e%2e",
        "a%5cb",
        "a/b",
        "a%00b",
        "%ff",
        "",
    ] {
        check(name, whole, b"abc", 400, "error").await;
    }
    let form = "Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 3\r\n";
    check("a.txt", form, b"abc", 415, "the body is a form").await;
    let compressed = "Content-Encoding: gzip\r\nContent-Length: 3\r\n";
    check("a.txt", compressed, b"abc", 415, "compressed").await;
    check("refused", whole, b"abc", 409, "not this one").await;

    let large = [0; 1001];
    let words = "the file is larger than 1000 bytes";
    check("a.txt", "Content-Length: 1001\r\n", &large, 413, words).await;
    let mut chunked = b"3e9\r\n".to_vec();
    chunked.extend_from_slice(&large);
    chunked.extend_from_slice(b"\r\n0\r\n\r\n");
    for name in ["a.txt", "unread"] {
        let headers = "Transfer-Encoding: chunked\r\n";
        check(name, headers, &chunked, 413, words).await;
    }
}

#[tokio::test]
async fn a_truncated_upload_is_no_success_whatever_the_function_says() {
    let host = Host::start(OWN, &[]).await;
    for name in ["a.txt", "unread"] {
        let request = format!("POST /stream/upload/{name}");
        let length = "Content-Length: 1000\r\n";
        let mut exchange = Exchange::begin(host.address, &request, length).await;
        exchange.send(&[0; 999]).await.unwrap();
        exchange.stop().await;
        let answer = exchange.answer().await;
        assert_eq!(answer.status, 400, "{name}");
        let text = answer.text().await;
        assert!(text.contains("the upload broke off: "), "{text}");
    }
}

#[tokio::test]
async fn a_client_that_asks_before_it_sends_is_told_to_or_not_to() {
    let host = Host::start(OWN, &[("SLINGSHOT_HTTP_UPLOAD_LIMIT", "1000")]).await;
    let check = async |length: usize, expected: &[u16]| {
        let headers = format!("Expect: 100-continue\r\nContent-Length: {length}\r\n");
        let request = "POST /stream/upload/a.txt";
        let mut exchange = Exchange::begin(host.address, request, &headers).await;
        let (mut status, _) = exchange.head().await;
        let mut told = vec![status];
        if status == 100 {
            exchange.send(&vec![0; length]).await.unwrap();
            (status, _) = exchange.head().await;
            told.push(status);
        }
        assert_eq!(told, expected);
    };
    check(1000, &[100, 200]).await;
    check(1001, &[413]).await;
}

#[tokio::test]
async fn an_upload_is_finished_while_the_process_drains() {
    let mut host = Host::start(OWN, &[]).await;
    let request = "POST /stream/upload/a.txt";
    let length = "Content-Length: 2000\r\n";
    let mut exchange = Exchange::begin(host.address, request, length).await;
    exchange.send(&[0; 1000]).await.unwrap();
    host.says("it arrives").await;
    host.terminate();
    while post(host.address, "b.txt", b"b").await.status != 503 {
        tokio::task::yield_now().await;
    }
    exchange.send(&[0; 1000]).await.unwrap();
    let answer = exchange.answer().await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.text().await, r#"{"status":"ok","message":2000}"#);
    assert_eq!(host.ended().await, Some(0));
}

#[tokio::test]
async fn a_large_file_takes_no_memory_and_a_slow_reader_no_more() {
    const LARGE: u64 = 200 * MIB;
    let host = Host::start(OWN, &[]).await;
    let (before, _) = host.memory();
    let headers = format!("Content-Length: {LARGE}\r\n");
    let request = "POST /stream/upload/large";
    let mut exchange = Exchange::begin(host.address, request, &headers).await;
    let piece = vec![7; usize::try_from(MIB).unwrap()];
    for _ in 0..LARGE / MIB {
        exchange.send(&piece).await.unwrap();
    }
    let answer = exchange.answer().await;
    assert!(answer.text().await.contains(&LARGE.to_string()));

    let path = format!("/stream/download/{LARGE}");
    // Of this one little is read, and then nothing.
    let mut slow = get(host.address, &path, "").await;
    slow.read(1000).await;
    let all = get(host.address, &path, "").await.length().await;
    assert!(all >= LARGE);
    let (_, most) = host.memory();
    assert!(most - before < GROWTH, "{} MiB", (most - before) / MIB);
}

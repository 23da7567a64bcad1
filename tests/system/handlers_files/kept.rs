//! The built-in handlers, over the embedded object store.

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::{
    GROWTH, MIB,
    client::{Exchange, get, post},
    host::{Bucket, refused},
};

const KEPT: &str = env!("CARGO_BIN_EXE_kept-files");

fn message(text: &str) -> Value {
    let answer: Value = serde_json::from_str(text).unwrap();
    assert_eq!(answer["status"], "ok", "{text}");
    answer["message"].clone()
}

fn hex(digest: impl AsRef<[u8]>) -> String {
    let digits = digest.as_ref().iter().map(|byte| format!("{byte:02x}"));
    digits.collect()
}

#[tokio::test]
async fn a_large_file_goes_there_and_back_through_little_memory() {
    const SIZE: u64 = 200 * MIB;
    let bucket = Bucket::start().await;
    let host = bucket.serve(&[]).await;
    // The first file brings what any other needs too.
    let first = post(host.address, "first", b"first").await;
    assert_eq!(first.status, 200);
    let (before, _) = host.memory();
    let (mut digest, mut piece) = (Sha256::new(), vec![0; usize::try_from(MIB).unwrap()]);
    // Nobody says how long it is.
    let headers = "Transfer-Encoding: chunked\r\nContent-Type: text/plain\r\n";
    let request = "POST /stream/upload/gr%C3%B6%C3%9Fe.txt";
    let mut exchange = Exchange::begin(host.address, request, headers).await;
    for number in 0..SIZE / MIB {
        piece.fill(number.to_be_bytes()[7]);
        digest.update(&piece);
        exchange.send(b"100000\r\n").await.unwrap();
        exchange.send(&piece).await.unwrap();
        exchange.send(b"\r\n").await.unwrap();
    }
    exchange.send(b"0\r\n\r\n").await.unwrap();
    let digest = digest.finalize();
    let kept = message(&exchange.answer().await.text().await);
    let id = kept["id"].as_str().unwrap().to_owned();
    let expected = serde_json::json!({
        "id": id,
        "name": "größe.txt",
        "size": SIZE,
        "sha256": hex(digest),
        "content_type": "text/plain",
    });
    assert_eq!(kept, expected);
    let metadata = get(host.address, &format!("/stream/metadata/{id}"), "").await;
    assert_eq!(message(&metadata.text().await), expected);

    let mut answer = get(host.address, &format!("/stream/download/{id}"), "").await;
    assert_eq!(answer.header("content-length"), Some("209715200"));
    assert_eq!(
        answer.header("content-disposition"),
        Some("attachment; filename=\"gr__e.txt\"; filename*=UTF-8''gr%C3%B6%C3%9Fe.txt")
    );
    assert_eq!(answer.header("content-type"), Some("text/plain"));
    let tag = format!("\"{}\"", hex(digest));
    assert_eq!(answer.header("etag"), Some(tag.as_str()));
    let told = answer.header("repr-digest").unwrap();
    assert!(
        told.starts_with("sha-256=:") && told.ends_with("=:"),
        "{told}"
    );
    let mut read = Sha256::new();
    for _ in 0..SIZE / MIB {
        read.update(answer.read(MIB).await);
    }
    assert_eq!(answer.length().await, 0);
    assert_eq!(hex(read.finalize()), hex(digest));
    let (_, most) = host.memory();
    assert!(most - before < GROWTH, "{} MiB", (most - before) / MIB);
}

#[tokio::test]
async fn a_part_comes_from_the_store() {
    let bucket = Bucket::start().await;
    let host = bucket.serve(&[]).await;
    let kept = message(
        &post(host.address, "a.txt", b"0123456789")
            .await
            .text()
            .await,
    );
    let path = format!("/stream/download/{}", kept["id"].as_str().unwrap());
    let check = async |headers: &str, status: u16, body: &str| {
        let answer = get(host.address, &path, headers).await;
        assert_eq!(answer.status, status, "{headers}");
        assert_eq!(answer.text().await, body, "{headers}");
    };
    check("", 200, "0123456789").await;
    check("Range: bytes=3-5\r\n", 206, "345").await;
    check("Range: bytes=-2\r\n", 206, "89").await;
    check("Range: bytes=10-\r\n", 416, "").await;
    let known = format!(
        "If-None-Match: \"{}\"\r\n",
        kept["sha256"].as_str().unwrap()
    );
    check(&known, 304, "").await;

    let empty = message(&post(host.address, "empty", b"").await.text().await);
    let path = format!("/stream/download/{}", empty["id"].as_str().unwrap());
    let answer = get(host.address, &path, "").await;
    assert_eq!((answer.status, answer.text().await.as_str()), (200, ""));
}

/// Large enough for the connection's windows to fill, and each stream's.
#[tokio::test]
async fn files_go_side_by_side_over_one_http_2_connection() {
    let bucket = Bucket::start().await;
    let host = bucket.serve(&[]).await;
    let client = reqwest::Client::builder().http2_prior_knowledge();
    let client = client.build().unwrap();
    let url = |path: String| format!("http://{}/stream/{path}", host.address);
    let there_and_back = async |number: u8| {
        let content = vec![number; 5 * usize::try_from(MIB).unwrap()];
        let request = client
            .post(url(format!("upload/{number}")))
            .body(content.clone());
        let kept = message(&request.send().await.unwrap().text().await.unwrap());
        assert_eq!(kept["sha256"], hex(Sha256::digest(&content)));
        let path = format!("download/{}", kept["id"].as_str().unwrap());
        let answer = client.get(url(path.clone())).send().await.unwrap();
        assert_eq!(answer.version(), reqwest::Version::HTTP_2);
        assert!(answer.bytes().await.unwrap() == content);
        let part = client.get(url(path)).header("range", "bytes=-3");
        let part = part.send().await.unwrap();
        assert_eq!(part.status(), 206);
        assert_eq!(part.bytes().await.unwrap(), [number; 3].as_slice());
    };
    futures_util::future::join_all((0..8).map(there_and_back)).await;
}

#[tokio::test]
async fn nobody_chooses_where_a_file_goes_or_reads_what_is_none() {
    let bucket = Bucket::start().await;
    let host = bucket.serve(&[]).await;
    let before = bucket.contents();
    for name in ["..%2f..%2fetc%2fpasswd", "%2e%2e", "a/b"] {
        assert_eq!(post(host.address, name, b"abc").await.status, 400);
    }
    assert_eq!(bucket.contents(), before);
    let mut ids = Vec::new();
    for content in ["one", "another"] {
        let kept = post(host.address, "same.txt", content.as_bytes()).await;
        let kept = message(&kept.text().await);
        ids.push(kept["id"].as_str().unwrap().to_owned());
    }
    for (id, content) in ids.iter().zip(["one", "another"]) {
        let answer = get(host.address, &format!("/stream/download/{id}"), "").await;
        assert_eq!(answer.text().await, content);
        for other in [
            format!("{id}.json"),
            format!("{id}%00"),
            format!("x%2f..%2f{id}"),
            "a".to_owned(),
        ] {
            let path = format!("/stream/download/{other}");
            let status = get(host.address, &path, "").await.status;
            assert!([400, 404].contains(&status), "{other}: {status}");
        }
    }
    let unknown = get(host.address, &format!("/stream/metadata/{:032x}", 7), "").await;
    assert_eq!(unknown.status, 404);
}

#[tokio::test]
async fn an_upload_that_is_interrupted_leaves_nothing_behind() {
    let bucket = Bucket::start().await;
    let limit = (40 * MIB).to_string();
    let mut host = bucket
        .serve(&[("SLINGSHOT_HTTP_UPLOAD_LIMIT", &limit)])
        .await;
    let before = bucket.contents();
    let request = "POST /stream/upload/a.bin";
    let piece = vec![1; usize::try_from(MIB).unwrap()];
    let begin = async |headers: &str| {
        let mut exchange = Exchange::begin(host.address, request, headers).await;
        for _ in 0..30 {
            exchange.send(&piece).await.unwrap();
        }
        bucket
            .comes_to(|contents| contents.len() > before.len())
            .await;
        exchange
    };
    // The client says that it is done, and is not.
    let length = format!("Content-Length: {}\r\n", 40 * MIB);
    let mut exchange = begin(&length).await;
    exchange.stop().await;
    assert_eq!(exchange.answer().await.status, 400);
    bucket.comes_to(|contents| contents == before).await;
    // The client is gone.
    drop(begin(&length).await);
    bucket.comes_to(|contents| contents == before).await;
    // It sends too much.
    let mut exchange =
        Exchange::begin(host.address, request, "Transfer-Encoding: chunked\r\n").await;
    for _ in 0..41 {
        let sent = async {
            exchange.send(b"100000\r\n").await?;
            exchange.send(&piece).await?;
            exchange.send(b"\r\n").await
        };
        if sent.await.is_err() {
            break;
        }
    }
    assert_eq!(exchange.answer().await.status, 413);
    bucket.comes_to(|contents| contents == before).await;
    // The process ends, and does not wait: a second signal.
    let waiting = begin(&length).await;
    host.terminate();
    while get(host.address, "/stream/metadata/b", "").await.status != 503 {
        tokio::task::yield_now().await;
    }
    host.terminate();
    assert_eq!(waiting.answer().await.status, 503);
    host.ended().await;
    assert_eq!(bucket.contents(), before);
}

#[tokio::test]
async fn what_the_store_cannot_do_is_said_to_be_the_store_s() {
    let (status, said) = refused(KEPT, &[("SLINGSHOT_FILES", "files")]);
    assert_eq!(status, Some(2));
    assert!(said.contains("set SLINGSHOT_SYS_MAP"), "{said}");

    let bucket = Bucket::start().await;
    let elsewhere = bucket.serve(&[("SLINGSHOT_FILES", "not-there")]).await;
    let answer = post(elsewhere.address, "a", b"a").await;
    assert_eq!(answer.status, 502);
    let host = bucket.serve(&[]).await;
    bucket.stop().await;
    let path = format!("/stream/download/{:032x}", 7);
    let answer = get(host.address, &path, "").await;
    assert_eq!(answer.status, 503);
    assert_eq!(
        answer.text().await,
        r#"{"status":"error","message":"the object store is not there"}"#
    );
}

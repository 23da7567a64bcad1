//! `topology fetch`: from a sys-map that runs, and from what is none.

use std::{fs, net::TcpListener, path::Path, process::Stdio};

use insta::assert_snapshot;
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    process::Child,
};

use crate::transcript::{project, slingshot, transcript_of};

const SYSTEM: &str = r#"[topology]
sources = ["sniff"]
sinks = ["archive"]

[services.sniff]
in = "sniff"
buckets = { in = "raw" }
out = [{ case = "text", queues = ["words"] }, { case = "other", queues = [] }]

[services.words]
in = "words"
out = [{ case = true, queues = ["archive"] }]

[rabbitmq]
host = "rabbit.example.com"
port = 5671
tls = true
username = "slingshot"
password = "env:RABBIT_PASSWORD"
"#;

/// `slingshot sys-map serve`, until it is dropped.
struct Served {
    directory: TempDir,
    url: String,
    _process: Child,
}

impl Served {
    async fn start(system: &str, words: &[&str]) -> Self {
        let directory = project(&[("slingshot.toml", system)]);
        fs::write(directory.path().join("token"), "open-sesame\n").unwrap();
        let mut process = slingshot(directory.path())
            .args(["sys-map", "serve", "--address", "127.0.0.1:0"])
            .args(words)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
        let line = lines.next_line().await.unwrap().unwrap();
        let (_, url) = line.rsplit_once(' ').expect("it says where it serves");
        Self {
            directory,
            url: url.to_owned(),
            _process: process,
        }
    }

    /// As [`transcripts`], of this sys-map.
    async fn transcripts(&self, directory: &Path, all: &[&str]) -> String {
        transcripts(directory, &self.url, all).await
    }
}

/// Each command, `URL` in it and in what it prints standing for an address that differs with every run.
async fn transcripts(directory: &Path, url: &str, all: &[&str]) -> String {
    let host = url.trim_start_matches("http://");
    let mut text = String::new();
    for words in all {
        let mut command = slingshot(directory);
        command
            .env_remove("SLINGSHOT_SYS_MAP")
            .env_remove("SLINGSHOT_SYS_MAP_TOKEN")
            .args(words.replace("URL", url).split_whitespace());
        let printed = transcript_of(directory, words, command).await;
        text += &printed.replace(url, "URL").replace(host, "HOST");
    }
    text
}

/// Every file below a directory, with its text.
fn files(directory: &Path) -> String {
    let mut paths = Vec::new();
    let mut directories = vec![directory.to_owned()];
    while let Some(next) = directories.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                directories.push(path);
            } else {
                paths.push(path);
            }
        }
    }
    paths.sort();
    let shown = paths.iter().map(|path| {
        let name = path.strip_prefix(directory).unwrap().display();
        format!("{name}: {}\n", fs::read_to_string(path).unwrap().trim_end())
    });
    shown.collect()
}

/// A server of one answer, which is no sys-map's.
async fn answering(status: &'static str, body: &'static str) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        loop {
            let (mut connection, _) = listener.accept().await.unwrap();
            let mut request = [0; 4096];
            assert!(connection.read(&mut request).await.unwrap() > 0);
            let length = body.len();
            let answer = format!(
                "HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
            );
            connection.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    url
}

#[tokio::test]
async fn what_is_served_is_saved_and_checked_without_it() {
    let served = Served::start(SYSTEM, &[]).await;
    let elsewhere = tempfile::tempdir().unwrap();
    let all = [
        "topology fetch URL",
        "topology check sys-map",
        "topology fetch URL --output map.json --service words",
        "topology check map.json",
        "topology fetch URL --output - --service words",
    ];
    let mut text = served.transcripts(elsewhere.path(), &all).await;
    text += &files(elsewhere.path());
    assert_snapshot!(text);
}

#[tokio::test]
async fn an_answer_that_is_not_served_any_more_is_removed_and_nothing_else() {
    let served = Served::start(SYSTEM, &[]).await;
    let elsewhere = tempfile::tempdir().unwrap();
    let map = elsewhere.path().join("sys-map");
    fs::create_dir_all(map.join("notes")).unwrap();
    fs::write(map.join("gone.json"), r#"{"in": "gone", "out": []}"#).unwrap();
    fs::write(map.join("README.md"), "ours").unwrap();
    fs::write(map.join("notes/today"), "ours").unwrap();
    let text = served
        .transcripts(elsewhere.path(), &["topology fetch URL"])
        .await;
    assert_snapshot!(text + &files(&map));
}

#[tokio::test]
async fn what_is_served_is_held_against_what_is_written() {
    let served = Served::start(SYSTEM, &[]).await;
    let own = served.directory.path();
    let mut text = served
        .transcripts(own, &["topology fetch URL --check"])
        .await;
    let changed = SYSTEM
        .replace("\"words\"]", "\"words\", \"archive\"]")
        .replace("in = \"raw\"", "in = \"scans\"");
    let project = project(&[("slingshot.toml", &changed)]);
    fs::write(project.path().join("other.json"), "{").unwrap();
    let all = [
        "topology fetch URL --check",
        "topology fetch URL --output saved",
        "topology fetch URL --check --output saved",
        "topology fetch URL --check --output other.json",
        "topology fetch URL --check --output nowhere",
    ];
    text += &served.transcripts(project.path(), &all).await;
    let nowhere = tempfile::tempdir().unwrap();
    text += &served
        .transcripts(nowhere.path(), &["topology fetch URL --check"])
        .await;
    assert_snapshot!(text);
}

#[tokio::test]
async fn a_token_is_wanted_and_must_be_the_right_one() {
    let served = Served::start(SYSTEM, &["--token", "file:token"]).await;
    let elsewhere = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(elsewhere.path().join(name), text).unwrap();
    write("right", "open-sesame\n");
    write("wrong", "open-barley\n");
    let all = [
        "topology fetch URL",
        "topology fetch URL --token file:wrong",
        "topology fetch URL --token file:nowhere",
        "topology fetch URL --token open-sesame",
        "topology fetch URL --token file:right",
    ];
    let text = served.transcripts(elsewhere.path(), &all).await;
    assert!(!text.contains("barley"), "{text}");
    assert_snapshot!(text);
}

#[tokio::test]
async fn what_is_no_sys_map_is_told() {
    let directory = tempfile::tempdir().unwrap();
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let down = format!("http://{}", free.local_addr().unwrap());
    drop(free);
    let mut text = transcripts(
        directory.path(),
        &down,
        &[
            "topology fetch URL",
            "topology fetch",
            "topology fetch ftp://example.com",
            "topology fetch URL/?a=b",
        ],
    )
    .await;
    for (status, body) in [
        ("200 OK", "<!doctype html>\n<title>Log in</title>"),
        ("404 Not Found", "nothing"),
        ("500 Internal Server Error", "oh no"),
        ("302 Found", ""),
    ] {
        let url = answering(status, body).await;
        text.extend(["# ", status, "\n"]);
        text += &transcripts(directory.path(), &url, &["topology fetch URL"]).await;
    }
    assert_snapshot!(text + &files(directory.path()));
}

/// A predecessor's server does not list what there is.
#[tokio::test]
async fn services_are_named_where_the_server_does_not_list_them() {
    let served = Served::start(SYSTEM, &[]).await;
    let elsewhere = tempfile::tempdir().unwrap();
    let all = [
        "topology fetch URL --service sniff --service nobody",
        "topology fetch URL --service ../etc",
        "topology fetch URL --service sniff --output nowhere/map.json",
    ];
    let mut text = served.transcripts(elsewhere.path(), &all).await;
    let url = answering("200 OK", r#"{"in": "sniff", "out": 5}"#).await;
    let all = [
        "topology fetch URL",
        "topology fetch URL --service sniff",
        "topology fetch URL --service sniff --output map.json",
    ];
    text += &transcripts(elsewhere.path(), &url, &all).await;
    assert_snapshot!(text);
}

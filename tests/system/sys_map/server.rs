//! `slingshot sys-map serve`, as an old service and a person with `curl` see it.

use std::{fs, time::Duration};

use slingshot_local::sys_map::{Engines, SysMapConfig, SysMapServer, SysMapSource};
use tempfile::TempDir;
use tokio::{
    net::TcpStream,
    process::Command,
    time::{Instant, sleep},
};

use super::{
    http::get,
    process::Running,
    served::{Served, command, project},
};
use crate::clone::binaries;

const SYSTEM: &str = r#"
[system]
name = "documents"

[topology]
sources = ["sniff"]
sinks = ["archive", "words"]

[services.sniff]
in = "sniff"
buckets = { in = "raw", out = "typed" }
out = [
  { case = "text",  queues = ["words"] },
  { case = true,    queues = ["words", "archive"] },
  { case = -3,      queues = [] },
]

[rabbitmq]
host = "rabbit.example.com"
port = 5671
tls = true
username = "slingshot"
password = "pass:rabbitmq/slingshot"

[database]
host = "db.example.com"
port = 5432
username = "slingshot"
database = "documents"
password = "file:/run/secrets/db"

[object-storage]
host = "s3.example.com"
region = "garage"
access-key = "pass:s3/access"
secret-key = "env:S3_SECRET"
"#;

/// The same in one JSON file, each part as its path answers it.
const JSON: &str = r#"{
  "sniff": {
    "in": "sniff",
    "out": [
      {"case": "text", "queues": ["words"]},
      {"case": true, "queues": ["words", "archive"]},
      {"case": -3, "queues": []}
    ],
    "buckets": {"in": "raw", "out": "typed"}
  },
  "topology": {"sources": ["sniff"], "sinks": ["archive", "words"]},
  "rabbitmq": {"host": ["rabbit.example.com"], "port": [5671], "username": ["slingshot"],
               "pass": ["rabbitmq/slingshot"], "tls": [true]},
  "db": {"host": ["db.example.com"], "port": [5432], "username": ["slingshot"],
         "database": ["documents"], "secret": ["file:/run/secrets/db"]},
  "object-storage": {"host": ["s3.example.com"], "region": ["garage"],
                     "pass:access-key": ["s3/access"], "secret:secret-key": ["env:S3_SECRET"]}
}"#;

/// What the format says, to the byte.
const ANSWERS: [(&str, &str); 6] = [
    (
        "/sniff",
        r#"{"in":"sniff","out":[{"case":"text","queues":["words"]},{"case":true,"queues":["words","archive"]},{"case":-3,"queues":[]}]}"#,
    ),
    ("/sniff/in", "raw"),
    ("/sniff/out", "typed"),
    (
        "/rabbitmq",
        r#"{"host":["rabbit.example.com"],"pass":["rabbitmq/slingshot"],"port":[5671],"tls":[true],"username":["slingshot"]}"#,
    ),
    (
        "/db",
        r#"{"database":["documents"],"host":["db.example.com"],"port":[5432],"secret":["file:/run/secrets/db"],"username":["slingshot"]}"#,
    ),
    (
        "/object-storage",
        r#"{"host":["s3.example.com"],"pass:access-key":["s3/access"],"region":["garage"],"secret:secret-key":["env:S3_SECRET"]}"#,
    ),
];

/// More than the server's pause between two looks at the file.
const PATIENCE: Duration = Duration::from_secs(20);

async fn check_answers(url: &str) {
    for (path, body) in ANSWERS {
        let response = get(url, path, "").await;
        assert_eq!((response.status, &*response.body), (200, body), "{path}");
        let kind = if body.starts_with('{') {
            "application/json"
        } else {
            "text/plain; charset=utf-8"
        };
        assert_eq!(response.header("content-type"), kind, "{path}");
    }
}

#[tokio::test]
async fn five_paths_are_answered_as_the_predecessor_does_until_sigterm() {
    let mut served = Served::start(SYSTEM).await;
    check_answers(&served.url).await;
    assert_eq!(get(&served.url, "/livez", "").await.body, "ok\n");
    assert_eq!(served.process.terminate().await, Some(0));
    let address = served.url.strip_prefix("http://").unwrap();
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn what_is_not_there_is_explained() {
    let served = Served::start("[services.sniff]\nin = \"sniff\"\nout = []\n").await;
    for (path, body) in [
        ("/rabbitmq", "the sys-map names no `rabbitmq`\n"),
        ("/db", "the sys-map names no `db`\n"),
        ("/object-storage", "the sys-map names no `object-storage`\n"),
        (
            "/snif",
            "the sys-map has no service `snif`; its services are: `sniff`\n",
        ),
        (
            "/sniff/in",
            "the service `sniff` has no bucket under the key `in`; its keys are: none\n",
        ),
    ] {
        let response = get(&served.url, path, "").await;
        assert_eq!((response.status, &*response.body), (404, body), "{path}");
    }
}

#[tokio::test]
async fn the_root_lists_what_can_be_asked_for() {
    let served = Served::start("[services.sniff]\nin = \"sniff\"\nout = []\n").await;
    let response = get(&served.url, "/", "").await;
    assert_eq!(response.status, 200);
    assert!(
        response.body.contains("{\"services\":{\"sniff\":[]}"),
        "{}",
        response.body
    );
}

#[tokio::test]
async fn an_answer_that_is_known_is_not_sent_again() {
    let served = Served::start(SYSTEM).await;
    for (path, _) in ANSWERS {
        let first = get(&served.url, path, "").await;
        let known = format!("If-None-Match: {}\r\n", first.header("etag"));
        let again = get(&served.url, path, &known).await;
        assert_eq!((again.status, &*again.body), (304, ""), "{path}");
        assert_eq!(again.header("etag"), first.header("etag"));
        let other = get(&served.url, path, "If-None-Match: \"other\"\r\n").await;
        assert_eq!((other.status, other.body), (200, first.body), "{path}");
    }
}

#[tokio::test]
async fn an_edit_is_served_and_a_broken_one_is_reported_and_not_served() {
    let served = Served::start(SYSTEM).await;
    let first = get(&served.url, "/sniff/in", "").await;
    let known = format!("If-None-Match: {}\r\n", first.header("etag"));

    served.save(&SYSTEM.replace("in = \"sniff\"", "in = 5"));
    let report = served.process.prints("the last good one stays").await;
    assert!(report.contains("slingshot.toml:10:"), "{report}");
    check_answers(&served.url).await;

    // The broken part of an edit may be a secret.
    served.save(&SYSTEM.replace("pass:rabbitmq/slingshot", "hunter2"));
    served
        .process
        .prints("`password` is not a reference to a secret")
        .await;
    check_answers(&served.url).await;
    assert!(!served.process.log().contains("hunter2"));

    served.save(&SYSTEM.replace("\"raw\"", "\"rare\""));
    let deadline = Instant::now() + PATIENCE;
    while get(&served.url, "/sniff/in", &known).await.status == 304 {
        assert!(Instant::now() < deadline, "the edit is not served");
        sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(get(&served.url, "/sniff/in", &known).await.body, "rare");
}

#[tokio::test]
async fn a_secret_in_place_of_its_reference_is_refused_and_not_repeated() {
    let directory = project(&SYSTEM.replace("pass:rabbitmq/slingshot", "hunter2"));
    let mut process = Running::start(&mut command(directory.path()));
    assert_eq!(process.ends().await, Some(2), "{}", process.log());
    let log = process.log();
    assert!(
        log.contains("`password` is not a reference to a secret"),
        "{log}"
    );
    assert!(!log.contains("hunter2"), "{log}");
}

#[tokio::test]
async fn a_map_in_one_json_file_answers_the_same_and_is_checked_alike() {
    let directory = TempDir::new().unwrap();
    let map = directory.path().join("map.json");
    fs::write(&map, JSON).unwrap();
    let server = SysMapServer::start(SysMapConfig {
        address: ([127, 0, 0, 1], 0).into(),
        source: SysMapSource::File(map.clone()),
        engines: Engines::default(),
    });
    let server = server.await.unwrap();
    check_answers(&server.url()).await;
    server.shutdown().await;

    let toml = project(SYSTEM);
    for path in [map, toml.path().join("slingshot.toml")] {
        let output = Command::new(binaries().join("slingshot"))
            .args(["topology", "check"])
            .arg(&path)
            // Nothing of a project is here, whose code would be held against the map.
            .current_dir(directory.path())
            .output();
        let output = output.await.unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        let findings: Vec<_> = text
            .lines()
            .filter(|line| line.starts_with("warning[") || line.starts_with("error["))
            .collect();
        // The string, the boolean and the number, which a person may well mistake.
        let mixed = "warning[case-mixed-types]: service `sniff` routes cases of several types";
        let plain =
            "warning[tls-missing-db-s3]: the database at `db.example.com` is reached without TLS";
        assert_eq!(findings, [mixed, plain], "{text}");
        assert!(text.trim_end().ends_with("\n2 warnings"), "{text}");
        assert_eq!(output.status.code(), Some(1), "{text}");
    }
}

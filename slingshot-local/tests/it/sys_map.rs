//! The sys-map server as a service and as a person with `curl` see it.

use std::{fs, net::Ipv4Addr, path::Path, time::Duration};

use reqwest::StatusCode;
use slingshot_local::sys_map::{Engines, SysMapConfig, SysMapError, SysMapServer, SysMapSource};
use slingshot_topology::{SecretReference, sys_map::RabbitMq};
use tokio::time::timeout;

const MAP: &str = r#"
[system]
name = "documents"

[services.sniff]
in = "sniff"
buckets = { in = "raw" }
out = [
  { case = "text", queues = ["words"] },
  { case = true, queues = [] },
]

[services.words]
in = "words"
out = []
"#;

/// More than the server's pause between two looks at the file.
const PATIENCE: Duration = Duration::from_secs(5);

async fn serve(file: &Path) -> Result<SysMapServer, SysMapError> {
    SysMapServer::start(SysMapConfig {
        address: (Ipv4Addr::LOCALHOST, 0).into(),
        source: SysMapSource::File(file.to_owned()),
        engines: Engines {
            rabbitmq: Some(RabbitMq {
                host: "127.0.0.1".to_owned(),
                port: 5672,
                username: "slingshot".to_owned(),
                password: SecretReference::File("/secrets/broker".to_owned()),
                tls: false,
                vhost: "/".to_owned(),
            }),
            ..Engines::default()
        },
    })
    .await
}

async fn get(server: &SysMapServer, path: &str) -> (StatusCode, String) {
    let url = format!("{}{path}", server.url());
    let answer = super::plain_http().get(url).send().await.unwrap();
    (answer.status(), answer.text().await.unwrap())
}

#[tokio::test]
async fn every_path_is_answered_or_explained() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("slingshot.toml");
    fs::write(&file, MAP).unwrap();
    let server = serve(&file).await.unwrap();
    for (path, status, body) in [
        (
            "/sniff",
            200,
            r#"{"in":"sniff","out":[{"case":"text","queues":["words"]},{"case":true,"queues":[]}]}"#,
        ),
        ("/sniff/in", 200, "raw"),
        (
            "/rabbitmq",
            200,
            r#"{"host":["127.0.0.1"],"port":[5672],"secret":["file:/secrets/broker"],"username":["slingshot"]}"#,
        ),
        ("/livez", 200, "ok\n"),
        ("/db", 404, "the sys-map names no `db`\n"),
        (
            "/snif",
            404,
            "the sys-map has no service `snif`; its services are: `sniff`, `words`\n",
        ),
        (
            "/sniff/out",
            404,
            "the service `sniff` has no bucket under the key `out`; its keys are: `in`\n",
        ),
        (
            "/words/in",
            404,
            "the service `words` has no bucket under the key `in`; its keys are: none\n",
        ),
    ] {
        let (found, text) = get(&server, path).await;
        assert_eq!((found.as_u16(), text.as_str()), (status, body), "{path}");
    }
    server.shutdown().await;
}

#[tokio::test]
async fn an_unchanged_answer_is_not_sent_again() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("slingshot.toml");
    fs::write(&file, MAP).unwrap();
    let server = serve(&file).await.unwrap();
    let get = || super::plain_http().get(format!("{}/sniff", server.url()));
    let first = get().send().await.unwrap();
    let tag = first.headers()["etag"].clone();
    let again = get().header("if-none-match", &tag).send().await.unwrap();
    assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
    let other = get()
        .header("if-none-match", "\"other\"")
        .send()
        .await
        .unwrap();
    assert_eq!(other.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_good_edit_is_served_and_a_broken_one_is_not() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("slingshot.toml");
    fs::write(&file, MAP).unwrap();
    let server = serve(&file).await.unwrap();
    let mut system = server.system();

    fs::write(&file, "[services.sniff\n").unwrap();
    assert!(
        timeout(Duration::from_millis(1500), system.changed())
            .await
            .is_err()
    );
    assert_eq!(get(&server, "/sniff/in").await.1, "raw");

    fs::write(&file, MAP.replace("\"raw\"", "\"rare\"")).unwrap();
    timeout(PATIENCE, system.changed()).await.unwrap().unwrap();
    assert_eq!(get(&server, "/sniff/in").await.1, "rare");
    let (status, _) = get(&server, "/rabbitmq").await;
    assert_eq!(status, StatusCode::OK, "the engines stay");
}

#[tokio::test]
async fn a_map_that_is_broken_from_the_start_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("slingshot.toml");
    let missing = serve(&file).await.unwrap_err();
    assert!(
        matches!(missing, SysMapError::Unreadable { .. }),
        "{missing}"
    );

    fs::write(&file, "[services.sniff]\nin = 5\nout = []\n").unwrap();
    let broken = serve(&file).await.unwrap_err();
    assert!(broken.to_string().contains("slingshot.toml:2:"), "{broken}");
}

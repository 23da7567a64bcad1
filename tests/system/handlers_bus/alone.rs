//! `slingshot run` of a project that has handlers, a bus over a broker, and nothing else.

use std::{fs, process::Stdio, time::Duration};

use serde_json::json;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::Command,
    time::timeout,
};

use crate::{
    clone::{binaries, repository},
    handlers::host::{client, said},
};

/// How long anything may take.
const PATIENCE: Duration = Duration::from_mins(3);

#[tokio::test]
async fn handlers_alone_call_each_other_over_the_embedded_broker() {
    let place = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(place.path().join(name), text).unwrap();
    write(
        "slingshot.toml",
        "[http]\nlisten = \"127.0.0.1:0\"\nbus = \"amqp\"\n",
    );
    fs::create_dir(place.path().join("src")).unwrap();
    let source = repository().join("tests/bus_handlers.rs");
    fs::copy(source, place.path().join("src/main.rs")).unwrap();
    let manifest = format!(
        "[package]\nname = \"bus-handlers\"\nedition = \"2024\"\n\n\
         [dependencies]\nslingshot = {{ path = \"{}\" }}\n\n[workspace]\n",
        repository().display()
    );
    write("Cargo.toml", &manifest);
    let mut running = Command::new(binaries().join("slingshot"))
        .args(["run", "--no-build", "--no-check"])
        .current_dir(place.path())
        .env("CARGO_TARGET_DIR", binaries().parent().unwrap())
        .env("NO_COLOR", "1")
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(running.stderr.take().unwrap()).lines();
    let mut log = Vec::new();
    let (mut url, mut connected) = (None, false);
    let up = async {
        while url.is_none() || !connected {
            let line = lines.next_line().await.unwrap();
            let line = line.unwrap_or_else(|| panic!("it ended:\n{}", log.join("\n")));
            let mut words = line.split_whitespace();
            if words.next() == Some("Serving") {
                url = words.next().map(str::to_owned);
            }
            connected |= line.contains("the bus is connected");
            log.push(line);
        }
    };
    timeout(PATIENCE, up).await.expect("it starts");
    // Read on, so that the process can write.
    let rest = tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    let url = url.unwrap();
    let client = client().build().unwrap();
    let ask = async |path: &str, body: &'static str| {
        said(client.post(format!("{url}/{path}")).body(body)).await
    };
    assert_eq!(ask("relay", "echo x").await, (200, json!("x")));
    assert_eq!(ask("hands_on", "counts x").await, (200, json!(null)));
    let counting = async { while ask("state", "counted").await != (200, json!(1)) {} };
    timeout(PATIENCE, counting).await.expect("it is counted");
    assert_eq!(ask("shutdown", "").await.0, 200);
    let ended = timeout(PATIENCE, running.wait()).await.unwrap().unwrap();
    assert!(ended.success(), "{ended}");
    rest.await.unwrap();
}

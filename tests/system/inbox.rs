//! `examples/inbox`: handlers and a queue service in one binary, as its README has them run.

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
async fn a_text_goes_through_handlers_a_queue_and_the_bus() {
    let example = repository().join("examples/inbox");
    let place = tempfile::tempdir().unwrap();
    fs::copy(
        example.join("slingshot.toml"),
        place.path().join("slingshot.toml"),
    )
    .unwrap();
    fs::create_dir(place.path().join("src")).unwrap();
    fs::copy(
        example.join("src/main.rs"),
        place.path().join("src/main.rs"),
    )
    .unwrap();
    let manifest = format!(
        "[package]\nname = \"inbox\"\nedition = \"2024\"\n\n\
         [dependencies]\nslingshot = {{ path = \"{}\" }}\n\n[workspace]\n",
        repository().display()
    );
    fs::write(place.path().join("Cargo.toml"), manifest).unwrap();
    let mut running = Command::new(binaries().join("slingshot"))
        .args(["run", "--no-build"])
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
    let (mut url, mut consuming) = (None, false);
    let up = async {
        while url.is_none() || !consuming {
            let line = lines.next_line().await.unwrap();
            let line = line.unwrap_or_else(|| panic!("it ended:\n{}", log.join("\n")));
            let mut words = line.split_whitespace();
            if words.next() == Some("Serving") {
                url = words.next().map(str::to_owned);
            }
            consuming |= line.contains("consuming");
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
    let text = "the quick brown fox jumps over the lazy dog";
    assert_eq!(ask("submit", text).await, (202, json!(1)));
    let counted = json!({ "words": 9, "text": text });
    let counting = async { while ask("show", "1").await != (200, counted.clone()) {} };
    timeout(PATIENCE, counting)
        .await
        .expect("its words are counted");
    assert_eq!(
        ask("show", "999").await,
        (404, json!("there is no text 999"))
    );
    assert_eq!(ask("submit", " ").await, (422, json!("the text is empty")));
    assert_eq!(ask("shutdown", "").await.0, 200);
    timeout(PATIENCE, running.wait()).await.unwrap().unwrap();
    rest.await.unwrap();
}

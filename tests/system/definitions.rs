//! The queues that `topology export` writes, in the real broker; and what the broker exports, in `topology check`.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
    time::Duration,
};

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::time::{Instant, sleep};

use crate::{
    clone::{binaries, repository},
    environment,
};

const PATIENCE: Duration = Duration::from_secs(20);
const LOOK: Duration = Duration::from_millis(100);

/// No other test has queues here.
const VHOST: &str = "definitions";
const USER: &str = "definitions-documents";

const ENGINE: &str = r#"
[rabbitmq]
host = "rabbit.example.com"
port = 5671
tls = true
vhost = "definitions"
username = "definitions-documents"
password = "env:RABBIT_PASSWORD"
"#;

/// The example with an engine: its map, and its sources for what the annotations say of retries.
fn documents() -> TempDir {
    let example = repository().join("examples/documents");
    let directory = TempDir::new().unwrap();
    copy(&example.join("src"), &directory.path().join("src"));
    let own = directory.path().join("Cargo.toml");
    fs::copy(example.join("Cargo.toml"), own).unwrap();
    let system = fs::read_to_string(example.join("slingshot.toml")).unwrap();
    let system = system + ENGINE;
    fs::write(directory.path().join("slingshot.toml"), system).unwrap();
    directory
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let to = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &to);
        } else {
            fs::copy(path, to).unwrap();
        }
    }
}

fn slingshot(directory: &Path, words: &[&str]) -> Output {
    let mut command = Command::new(binaries().join("slingshot"));
    command.args(words).current_dir(directory);
    command.env("NO_COLOR", "1").output().unwrap()
}

fn rabbitmqctl(directory: &Path, words: &[&str]) -> String {
    let tool = environment::rabbitmq_tools().join("rabbitmqctl");
    let mut command = Command::new(tool);
    let output = command.args(words).current_dir(directory).output().unwrap();
    let said = text(&output.stdout);
    let errors = text(&output.stderr);
    assert!(output.status.success(), "{words:?}: {said}{errors}");
    said
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A queue's name, and all that decides what becomes of its messages.
fn queue(queue: &Value) -> (String, Value) {
    let name = queue["name"].as_str().unwrap().to_owned();
    let facts = json!([queue["durable"], queue["auto_delete"], queue["arguments"]]);
    (name, facts)
}

/// The queues of an export that are in the virtual host, by name.
fn queues(export: &str) -> Vec<(String, Value)> {
    let export: Value = serde_json::from_str(export).unwrap();
    let queues = export["queues"].as_array().unwrap().iter();
    let mut queues: Vec<_> = queues
        .filter(|it| it["vhost"] == VHOST)
        .map(queue)
        .collect();
    queues.sort_by(|one, other| one.0.cmp(&other.0));
    queues
}

/// Waits until the broker holds these queues, with their arguments: it takes definitions in the background.
async fn imported(directory: &Path, wanted: &[(String, Value)]) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        rabbitmqctl(directory, &["export_definitions", "held.json"]);
        let held = fs::read_to_string(directory.join("held.json")).unwrap();
        let held = queues(&held);
        if held == wanted {
            return;
        }
        assert!(Instant::now() < deadline, "{held:?} are not {wanted:?}");
        sleep(LOOK).await;
    }
}

#[tokio::test]
async fn a_broker_takes_the_export_and_its_own_is_clean() {
    let project = documents();
    let directory = project.path();
    let export = slingshot(
        directory,
        &["topology", "export", "--format", "definitions"],
    );
    assert!(export.status.success(), "{}", text(&export.stderr));
    let wanted = queues(&text(&export.stdout));
    let names: Vec<&str> = wanted.iter().map(|(name, _)| &**name).collect();
    for name in ["sniff", "sniff.dlq", "sniff.retry.1s", "report"] {
        assert!(names.contains(&name), "{names:?}");
    }
    fs::write(directory.join("exported.json"), &export.stdout).unwrap();
    rabbitmqctl(directory, &["import_definitions", "exported.json"]);
    imported(directory, &wanted).await;
    rabbitmqctl(directory, &["add_user", USER, "no-secret"]);
    rabbitmqctl(
        directory,
        &["set_permissions", "-p", VHOST, USER, ".*", ".*", ".*"],
    );

    rabbitmqctl(directory, &["export_definitions", "held.json"]);
    let check = ["topology", "check", "--definitions", "held.json"];
    let clean = slingshot(directory, &check);
    let said = text(&clean.stdout);
    assert!(clean.status.success(), "{said}{}", text(&clean.stderr));
    assert_eq!(said, "");

    rabbitmqctl(directory, &["delete_queue", "-p", VHOST, "report"]);
    rabbitmqctl(
        directory,
        &["set_permissions", "-p", VHOST, USER, ".*", "^$", ".*"],
    );
    rabbitmqctl(directory, &["export_definitions", "held.json"]);
    let found = slingshot(directory, &[&check[..], &["--format", "concise"]].concat());
    let said = text(&found.stdout);
    assert_eq!(found.status.code(), Some(1), "{said}");
    for words in ["live-queue-missing", "no queue `report`", "live-permission"] {
        assert!(said.contains(words), "{words}: {said}");
    }
    rabbitmqctl(directory, &["delete_vhost", VHOST]);
    rabbitmqctl(directory, &["delete_user", USER]);
}

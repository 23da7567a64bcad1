//! Commands that start no service.

use std::{fs, path::Path};

use insta::assert_snapshot;
use tempfile::TempDir;

use crate::transcript::{slingshot, transcript};

const CHECKOUT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// A project of one service, rendered from the template.
async fn worker() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    transcript(directory.path(), "new greeter").await;
    directory
}

#[tokio::test]
async fn new_says_what_to_do_next() {
    let directory = tempfile::tempdir().unwrap();
    assert_snapshot!(transcript(directory.path(), "new greeter").await);
    let mut files = walk(&directory.path().join("greeter"));
    files.sort();
    assert_snapshot!("new_files", files.join("\n"));
}

/// Every file below, as a path from `directory`.
fn walk(directory: &Path) -> Vec<String> {
    fn below(directory: &Path, base: &Path, found: &mut Vec<String>) {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                below(&path, base, found);
            } else {
                found.push(path.strip_prefix(base).unwrap().display().to_string());
            }
        }
    }
    let mut found = Vec::new();
    below(directory, directory, &mut found);
    found
}

#[tokio::test]
async fn new_refuses_what_would_not_work() {
    let directory = worker().await;
    let mut all = String::new();
    for words in [
        "new greeter",
        "new db",
        "new match",
        "new 7up",
        "new a/b",
        "new x --slingshot-path .",
        "new x --template nothing",
    ] {
        all += &transcript(directory.path(), words).await;
    }
    assert_snapshot!(all);
    assert!(!directory.path().join("x").exists());
}

#[tokio::test]
async fn new_in_a_workspace_stands_alone_and_says_so() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("Cargo.toml"), "[workspace]\n").unwrap();
    assert_snapshot!(transcript(directory.path(), "new greeter --template pipeline").await);
    let manifest = fs::read_to_string(directory.path().join("greeter/Cargo.toml")).unwrap();
    assert!(manifest.starts_with("[workspace]\n\n[package]\n"));
}

#[tokio::test]
async fn new_takes_slingshot_from_the_checkout_that_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let words = format!("new greeter --slingshot-path {CHECKOUT}");
    transcript(directory.path(), &words).await;
    let manifest = fs::read_to_string(directory.path().join("greeter/Cargo.toml")).unwrap();
    let checkout = fs::canonicalize(CHECKOUT).unwrap();
    let expected = format!("slingshot = {{ path = \"{}\" }}", checkout.display());
    assert!(manifest.contains(&expected), "{manifest}");
}

#[tokio::test]
async fn a_new_project_has_no_findings() {
    let directory = worker().await;
    let project = directory.path().join("greeter");
    assert_snapshot!(transcript(&project, "topology check --pedantic").await);
}

#[tokio::test]
async fn an_auditor_hears_of_what_all_depends_on() {
    let directory = tempfile::tempdir().unwrap();
    let map = r#"
[topology]
sources = ["scans"]
sinks = ["archive"]

[services.index]
in = "scans"
out = [{ case = "kept", queues = ["archive"] }]
"#;
    fs::write(directory.path().join("slingshot.toml"), map).unwrap();
    let regular = transcript(directory.path(), "topology check").await;
    assert!(!regular.contains("single-point"), "{regular}");
    let auditor = transcript(directory.path(), "topology check --persona auditor").await;
    assert!(
        auditor.contains("info[single-point]: without `index`, nothing reaches `archive`"),
        "{auditor}"
    );
}

#[tokio::test]
async fn a_route_that_is_missing_is_shown_in_the_map_and_in_the_code() {
    let directory = worker().await;
    let project = directory.path().join("greeter");
    let map = fs::read_to_string(project.join("slingshot.toml")).unwrap();
    let without: Vec<_> = map
        .lines()
        .filter(|line| !line.contains("\"empty\""))
        .collect();
    fs::write(project.join("slingshot.toml"), without.join("\n")).unwrap();
    let mut all = String::new();
    for format in ["text", "json", "github"] {
        all += &transcript(&project, &format!("topology check --format {format}")).await;
    }
    assert_snapshot!(all);
}

#[tokio::test]
async fn a_saved_map_is_checked_by_itself() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(
        directory.path().join("map.json"),
        r#"{"a": {"in": "a", "out": [{"case": true, "queues": ["nobody"]}]}}"#,
    )
    .unwrap();
    assert_snapshot!(transcript(directory.path(), "topology check map.json").await);
}

#[tokio::test]
async fn what_is_not_there_has_a_code_of_its_own() {
    let directory = tempfile::tempdir().unwrap();
    let mut all = String::new();
    for words in [
        "topology check",
        "topology check nothing.toml",
        "run",
        "get a out 1",
        "send a 3..1",
        "frobnicate",
    ] {
        all += &transcript(directory.path(), words).await;
    }
    assert_snapshot!(all);
}

#[tokio::test]
async fn help_names_every_command() {
    let directory = tempfile::tempdir().unwrap();
    let mut all = transcript(directory.path(), "--help").await;
    all += &transcript(directory.path(), "run --help").await;
    assert_snapshot!(all);
}

#[tokio::test]
async fn cargo_finds_the_same_command() {
    let directory = tempfile::tempdir().unwrap();
    let output = tokio::process::Command::new(env!("CARGO_BIN_EXE_cargo-slingshot"))
        .args(["slingshot", "new", "db"])
        .current_dir(directory.path())
        .output()
        .await
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("`db` cannot be the name"));
}

#[tokio::test]
async fn colours_come_when_asked_for() {
    let directory = tempfile::tempdir().unwrap();
    let colored = |when: &'static str| {
        let mut command = slingshot(directory.path());
        command.args(["--color", when, "new", "db"]);
        async move { command.output().await.unwrap().stderr.contains(&b'\x1b') }
    };
    assert!(colored("always").await);
    assert!(!colored("never").await);
    assert!(!colored("auto").await);
}

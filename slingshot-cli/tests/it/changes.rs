//! What a change does to the system at work: `topology diff`, and `topology check --against`.

use std::{fs, path::Path, process::Command};

use insta::assert_snapshot;
use tempfile::TempDir;

use crate::transcript::transcript;

const AT_WORK: &str = r#"[topology]
sources = ["files"]

[services.sniff]
in = "files"
out = [
  { case = "text", queues = ["words"] },
  { case = "other", queues = [] },
]

[services.words]
in = "words"
"#;

/// Runs git, which must work.
pub(crate) fn git(directory: &Path, words: &[&str]) {
    let output = Command::new("git")
        .current_dir(directory)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_SYSTEM", "/dev/null")
        .args(["-c", "user.name=t", "-c", "user.email=t@example.com"])
        .args(words)
        .output()
        .unwrap();
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{words}");
}

/// A repository whose branch `main` holds one file.
fn repository(path: &str, text: &str) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    git(directory.path(), &["init", "-q", "-b", "main"]);
    write(directory.path(), path, text);
    git(directory.path(), &["add", "-A"]);
    git(directory.path(), &["commit", "-q", "-m", "first"]);
    directory
}

fn write(directory: &Path, path: &str, text: &str) {
    let path = directory.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// The queue `words` is called `texts`, and `index` is new.
fn changed() -> String {
    let text = AT_WORK
        .replace("[\"words\"]", "[\"texts\", \"index\"]")
        .replace("in = \"words\"", "in = \"texts\"");
    text + "\n[services.index]\nin = \"index\"\n"
}

#[tokio::test]
async fn a_change_is_held_against_a_revision() {
    let repository = repository("slingshot.toml", AT_WORK);
    let directory = repository.path();
    write(directory, "slingshot.toml", &changed());
    let mut all = String::new();
    for words in [
        "topology diff --help",
        "topology diff",
        "topology diff --against main --format markdown",
        "topology check --against main",
    ] {
        all += &transcript(directory, words).await;
    }
    assert_snapshot!(all);
}

#[tokio::test]
async fn a_change_below_the_root_is_held_against_the_file_at_the_same_place() {
    let repository = repository("systems/documents/slingshot.toml", AT_WORK);
    let project = repository.path().join("systems/documents");
    let text = format!("{AT_WORK}replicas = 4\n");
    write(&project, "slingshot.toml", &text);
    let mut all = String::new();
    for words in [
        "topology diff",
        "topology diff --exit-code",
        "topology diff --against main:systems/documents/slingshot.toml",
        "topology check --against main",
    ] {
        all += &transcript(&project, words).await;
    }
    let named = "topology diff systems/documents --against main";
    all += &transcript(repository.path(), named).await;
    assert_snapshot!(all);
}

#[tokio::test]
async fn a_change_is_held_against_a_file() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    write(directory, "slingshot.toml", &changed());
    write(directory, "deployed.toml", AT_WORK);
    let served = r#"{"sniff": {"in": "files", "out": [{"case": "text", "queues": ["words"]}]}, "words": {"in": "words", "out": []}}"#;
    write(directory, "served.json", served);
    let mut all = String::new();
    for words in [
        "topology diff --against deployed.toml --format json",
        "topology diff served.json --against served.json",
        "topology diff --against served.json",
    ] {
        all += &transcript(directory, words).await;
    }
    assert_snapshot!(all);
}

#[tokio::test]
async fn answers_in_a_directory_are_held_against_those_of_a_revision() {
    let sniff = r#"{"in": "files", "out": [{"case": "text", "queues": ["words"]}]}"#;
    let repository = repository("map/sniff.json", sniff);
    let directory = repository.path();
    write(directory, "map/words.json", r#"{"in": "words", "out": []}"#);
    write(directory, "map/sniff/raw", "documents");
    assert_snapshot!(transcript(directory, "topology diff map --against main").await);
}

#[tokio::test]
async fn what_is_no_revision_says_what_to_do() {
    let repository = repository("README.md", "nothing yet");
    let directory = repository.path();
    write(directory, "slingshot.toml", AT_WORK);
    write(directory, "broken.toml", "[services.words]\nin = 5\n");
    let mut all = String::new();
    for words in [
        "topology diff --against origin/release",
        "topology diff --against main:slingshot.toml",
        "topology diff --against :",
        "topology diff --against main",
        "topology diff --against broken.toml",
        "topology diff broken.toml --against slingshot.toml",
        "topology check --against main",
    ] {
        all += &transcript(directory, words).await;
    }
    let nowhere = tempfile::tempdir().unwrap();
    write(nowhere.path(), "slingshot.toml", AT_WORK);
    all += &transcript(nowhere.path(), "topology diff --against main").await;
    assert_snapshot!(all);
}

//! `topology test`.

use std::fs;

use insta::assert_snapshot;
use tempfile::TempDir;

use crate::transcript::{project, transcript, transcripts};

const SYSTEM: &str = r#"[topology]
sources = ["sniff"]
sinks = ["archive"]

[services.sniff]
in = "sniff"
out = [
  { case = "text", queues = ["words"] },
  { case = "other", queues = ["archive"] },
]

[services.words]
in = "words"
out = [{ case = "counted", queues = ["report"] }]

[services.report]
in = "report"
"#;

const TESTS: &str = r#"[[test]]
name = "a text is counted and reported"
emit = { service = "sniff", case = "text" }
direct = ["words"]
reaches = ["report"]
not-reaches = ["archive"]
path = ["sniff", "words", "report"]
ends = true

[[test]]
name = "everything can be archived"
send = "sniff"
reaches = ["archive"]
"#;

const FAIL: &str = r#"
[[test]]
name = "a text is archived"
emit = { service = "sniff", case = "text" }
direct = ["words", "archive"]
reaches = ["archive"]
not-reaches = ["report"]
path = ["sniff", "report"]
"#;

fn with(tests: &str) -> TempDir {
    project(&[("slingshot.toml", SYSTEM), ("slingshot.test.toml", tests)])
}

#[tokio::test]
async fn tests_that_hold_pass() {
    let directory = with(TESTS);
    let all = [
        "topology test --help",
        "topology test",
        "topology test --filter archived",
        "topology test --format json",
        "topology test --format junit",
    ];
    assert_snapshot!(transcripts(directory.path(), &all).await);
}

#[tokio::test]
async fn a_test_that_fails_says_what_is_reached_instead() {
    let directory = with(&(TESTS.to_owned() + FAIL));
    let all = [
        "topology test",
        "topology test --filter text --format json",
        "topology test --filter counted",
    ];
    assert_snapshot!(transcripts(directory.path(), &all).await);
}

#[tokio::test]
async fn a_broken_file_runs_no_test() {
    let mut text = String::new();
    for tests in [
        "[[test]\nname = \"a\"\n",
        "[[test]]\nname = \"a\"\nsend = \"snif\"\nreaches = [\"report\", \"wrods\"]\n",
        "[[test]]\nname = \"a\"\nemit = { service = \"sniff\", case = \"txet\" }\nreach = [\"report\"]\n",
        "",
    ] {
        let directory = with(tests);
        text += &transcript(directory.path(), "topology test").await;
    }
    assert_snapshot!(text);
}

#[tokio::test]
async fn tests_may_lie_elsewhere_and_must_be_somewhere() {
    let directory = with(TESTS);
    let path = directory.path();
    fs::rename(path.join("slingshot.test.toml"), path.join("other.toml")).unwrap();
    fs::write(path.join("broken.toml"), "[services.words]\nin = 5\n").unwrap();
    fs::create_dir(path.join("none")).unwrap();
    let all = [
        "topology test --tests other.toml",
        "topology test",
        "topology test --tests nothing.toml",
        "topology test --tests other.toml --filter nobody",
        "topology test --tests other.toml broken.toml",
        "topology test none",
    ];
    assert_snapshot!(transcripts(path, &all).await);
}

/// A test that is misspelt would never fail.
#[tokio::test]
async fn what_is_no_test_is_no_green_light() {
    let mut text = String::new();
    let test = "[[test]]\nname = \"a\"\nsend = \"sniff\"\nreaches = [\"words\"]\n";
    for tests in [test.replace("test", "tset"), format!("{test}\n{test}")] {
        let directory = with(&tests);
        text += &transcript(directory.path(), "topology test").await;
    }
    let directory = with(test);
    text += &transcript(directory.path(), "topology test --tests .").await;
    assert_snapshot!(text);
}

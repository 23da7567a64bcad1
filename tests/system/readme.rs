//! The README: what it tells a newcomer to do is done here, block by block.

use std::{fs, path::Path};

use crate::{
    clone::{binaries, repository},
    environment::path_with,
    templates::{Project, greets, succeeded},
};

/// The fenced blocks of one language, in their order.
fn blocks(language: &str) -> Vec<String> {
    every_block()
        .into_iter()
        .filter(|(of, _)| of == language)
        .map(|(_, text)| text)
        .collect()
}

/// Every fenced block: its language and its text.
fn every_block() -> Vec<(String, String)> {
    let readme = fs::read_to_string(repository().join("README.md")).unwrap();
    let mut blocks = Vec::new();
    let mut lines = readme.lines();
    while let Some(line) = lines.next() {
        if let Some(language) = line.strip_prefix("```") {
            let text: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            blocks.push((language.to_owned(), text.join("\n") + "\n"));
        }
    }
    blocks
}

#[test]
fn each_block_is_run_by_a_test_here() {
    let languages: Vec<String> = every_block()
        .into_iter()
        .map(|(language, _)| language)
        .collect();
    assert_eq!(languages, ["sh", "sh", "rust", "toml", "sh", "rust"]);
}

#[tokio::test]
async fn the_first_command_runs_the_example() {
    let run = bash(&blocks("sh")[0], repository()).await;
    for service in ["sniff", "words", "thumbnail", "report"] {
        assert!(
            run.contains(service),
            "the summary misses {service}:\n{run}"
        );
    }
}

/// It cannot be run inside itself. That it is what decides a change is what `.ci/run` says.
#[test]
fn the_second_command_is_what_ci_runs() {
    let ci = fs::read_to_string(repository().join(".ci/run")).unwrap();
    assert!(ci.ends_with(&format!("exec {}", blocks("sh")[1])), "{ci}");
}

#[tokio::test]
async fn the_service_is_proven_and_runs() {
    let project = Project::new("worker").await;
    fs::write(project.path().join("src/main.rs"), &blocks("rust")[0]).unwrap();
    fs::write(project.path().join("slingshot.toml"), &blocks("toml")[0]).unwrap();
    let checked = project
        .slingshot(&["topology", "check"], &project.path())
        .await;
    assert_eq!(succeeded(&checked), "");
    let words = ["run", "--input", "Cargo.toml", "--until-idle"];
    let ran = succeeded(&project.slingshot(&words, &project.path()).await);
    assert!(ran.contains("short 1"), "{ran}");
}

#[tokio::test]
async fn the_handlers_are_proven_and_answer() {
    let project = Project::new("handlers").await;
    fs::write(project.path().join("src/main.rs"), &blocks("rust")[1]).unwrap();
    let checked = project
        .slingshot(&["topology", "check"], &project.path())
        .await;
    assert_eq!(succeeded(&checked), "");
    greets(&project, &[("Ada", "Hello, dear Ada. You are number 1.")]).await;
}

#[tokio::test]
async fn the_last_command_makes_a_project() {
    let directory = tempfile::tempdir().unwrap();
    bash(&blocks("sh")[2], directory.path()).await;
    assert!(directory.path().join("shop/slingshot.toml").is_file());
}

/// Runs a block as a reader does who has `slingshot` on the path.
async fn bash(block: &str, directory: &Path) -> String {
    let output = tokio::process::Command::new("bash")
        .args(["-euc", block])
        .current_dir(directory)
        .env("PATH", path_with(binaries()))
        .output()
        .await
        .unwrap();
    succeeded(&output)
}

#[tokio::test]
async fn the_picture_is_the_example_s_graph() {
    let project = repository().join("examples/documents");
    let words = ["topology", "graph", "--format", "svg"];
    let drawn = slingshot(&words, &project).await;
    let shown = fs::read_to_string(repository().join("docs/documents.svg")).unwrap();
    assert!(
        drawn == shown,
        "draw it again: slingshot --project examples/documents topology graph --format svg > docs/documents.svg"
    );
}

#[tokio::test]
async fn the_guide_s_system_file_is_sound() {
    let page = fs::read_to_string(repository().join("docs/guide/system.md")).unwrap();
    let (_, block) = page.split_once("```toml\n").unwrap();
    let (text, _) = block.split_once("```").unwrap();
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("slingshot.toml"), text).unwrap();
    assert_eq!(
        slingshot(&["topology", "check"], directory.path()).await,
        ""
    );
}

async fn slingshot(words: &[&str], directory: &Path) -> String {
    let mut command = tokio::process::Command::new(binaries().join("slingshot"));
    succeeded(
        &command
            .args(words)
            .current_dir(directory)
            .output()
            .await
            .unwrap(),
    )
}

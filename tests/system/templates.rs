//! What `slingshot new` makes, as a newcomer meets it: it builds, its tests pass, its routes hold, and
//! it runs. Dependencies are those of this workspace, built once for both.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Output,
};

use tempfile::TempDir;
use tokio::process::Command;

fn repository() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// Where cargo has put the binaries of this workspace: beside the folder of this test.
fn binaries() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    test.ancestors().nth(2).unwrap().to_owned()
}

/// A project that was just made.
struct Project {
    parent: TempDir,
}

impl Project {
    async fn new(template: &str) -> Self {
        let parent = tempfile::tempdir().unwrap();
        let project = Self { parent };
        let checkout = repository().to_str().unwrap();
        let words = ["new", "fresh", "--template", template, "--slingshot-path", checkout];
        let made = project.slingshot(&words, project.parent.path()).await;
        succeeded(&made);
        // The versions that this workspace has been tested and built with.
        fs::copy(repository().join("Cargo.lock"), project.path().join("Cargo.lock")).unwrap();
        project
    }

    fn path(&self) -> PathBuf {
        self.parent.path().join("fresh")
    }

    async fn slingshot(&self, words: &[&str], directory: &Path) -> Output {
        self.command(&binaries().join("slingshot"), words, directory).await
    }

    async fn command(&self, program: &Path, words: &[&str], directory: &Path) -> Output {
        Command::new(program)
            .args(words)
            .current_dir(directory)
            .env("CARGO_TARGET_DIR", binaries().parent().unwrap())
            .env("NO_COLOR", "1")
            .kill_on_drop(true)
            .output()
            .await
            .unwrap()
    }
}

#[track_caller]
fn succeeded(output: &Output) -> String {
    let out = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}\n{out}\n{errors}", output.status);
    out
}

/// Goes through everything that `slingshot new` says to do next. Gives the summary of the run.
async fn check(template: &str) -> (Project, String) {
    let project = Project::new(template).await;
    let path = project.path();
    let tested = project.command(Path::new("cargo"), &["test"], &path).await;
    assert!(succeeded(&tested).contains("test result: ok"));
    let checked = project
        .slingshot(&["topology", "check", "--pedantic"], &path)
        .await;
    assert_eq!(succeeded(&checked), "");
    let words = ["run", "--input", "README.md", "--until-idle"];
    let ran = succeeded(&project.slingshot(&words, &path).await);
    assert!(ran.contains("1  README.md"), "{ran}");
    (project, ran)
}

#[tokio::test]
async fn a_worker_runs() {
    let (project, summary) = check("worker").await;
    assert!(summary.contains("text 1"), "{summary}");
    let got = project.slingshot(&["get", "fresh", "out", "1"], &project.path()).await;
    let words = fs::read_to_string(project.path().join("README.md"))
        .unwrap()
        .split_whitespace()
        .count();
    assert!(succeeded(&got).contains(&format!("{words} words")));
}

#[tokio::test]
async fn a_pipeline_runs() {
    let (project, summary) = check("pipeline").await;
    assert!(summary.contains("text 1") && summary.contains("true 1"), "{summary}");
    let got = project.slingshot(&["get", "report", "out", "1"], &project.path()).await;
    assert!(succeeded(&got).contains("<h1>Words of file 1</h1>"));
}

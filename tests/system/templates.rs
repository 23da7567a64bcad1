//! What `slingshot new` makes, as a newcomer meets it: it builds, its tests pass, its routes hold, and
//! it runs. Dependencies are those of this workspace, built once for both.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Output,
};

use tempfile::TempDir;
use tokio::process::Command;

use crate::clone::{binaries, repository};

/// A project that was just made.
pub(crate) struct Project {
    parent: TempDir,
}

impl Project {
    /// `slingshot new fresh`, from a template.
    pub(crate) async fn new(template: &str) -> Self {
        let parent = tempfile::tempdir().unwrap();
        let project = Self { parent };
        let checkout = repository().to_str().unwrap();
        let words = [
            "new",
            "fresh",
            "--template",
            template,
            "--slingshot-path",
            checkout,
        ];
        let made = project.slingshot(&words, project.parent.path()).await;
        succeeded(&made);
        project.share_the_build();
        project
    }

    /// Takes the versions and the features of this workspace, so that nothing is built twice.
    fn share_the_build(&self) {
        fs::copy(
            repository().join("Cargo.lock"),
            self.path().join("Cargo.lock"),
        )
        .unwrap();
        let hack = repository().join("workspace-hack");
        let manifest = self.path().join("Cargo.toml");
        let dependency = format!(
            "[dependencies]\nworkspace-hack = {{ path = \"{}\" }}\n",
            hack.display()
        );
        let text = fs::read_to_string(&manifest).unwrap();
        assert!(text.contains("[dependencies]\n"), "{text}");
        fs::write(manifest, text.replace("[dependencies]\n", &dependency)).unwrap();
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.parent.path().join("fresh")
    }

    pub(crate) async fn slingshot(&self, words: &[&str], directory: &Path) -> Output {
        self.command(&binaries().join("slingshot"), words, directory)
            .await
    }

    pub(crate) async fn command(&self, program: &Path, words: &[&str], directory: &Path) -> Output {
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

/// What a command printed on stdout; a command that failed fails the test.
#[track_caller]
pub(crate) fn succeeded(output: &Output) -> String {
    let out = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{}\n{out}\n{errors}",
        output.status
    );
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
    let got = project
        .slingshot(&["get", "fresh", "out", "1"], &project.path())
        .await;
    let words = fs::read_to_string(project.path().join("README.md"))
        .unwrap()
        .split_whitespace()
        .count();
    assert!(succeeded(&got).contains(&format!("{words} words")));
}

#[tokio::test]
async fn a_pipeline_runs() {
    let (project, summary) = check("pipeline").await;
    assert!(
        summary.contains("text 1") && summary.contains("true 1"),
        "{summary}"
    );
    let got = project
        .slingshot(&["get", "report", "out", "1"], &project.path())
        .await;
    assert!(succeeded(&got).contains("<h1>Words of file 1</h1>"));
}

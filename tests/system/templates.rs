//! What `slingshot new` makes, as a newcomer meets it: it builds, its tests pass, its routes hold, and
//! it runs. Dependencies are those of this workspace, built once for both.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Output, Stdio},
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use serde_json::json;
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader, Lines},
    process::{Child, ChildStderr, Command},
    time::timeout,
};

use crate::{
    clone::{binaries, repository},
    handlers::host::{client, said},
};

/// How many projects were made.
static MADE: AtomicUsize = AtomicUsize::new(0);

/// A project that was just made.
pub(crate) struct Project {
    parent: TempDir,
    /// No other project's: the binaries of all of them are built into one directory.
    name: String,
}

impl Project {
    /// `slingshot new fresh-1`, from a template.
    pub(crate) async fn new(template: &str) -> Self {
        let parent = tempfile::tempdir().unwrap();
        let name = format!("fresh-{}", MADE.fetch_add(1, Ordering::Relaxed));
        let project = Self { parent, name };
        let checkout = repository().to_str().unwrap();
        let words = [
            "new",
            &project.name,
            "--template",
            template,
            "--slingshot-path",
            checkout,
        ];
        let made = project.slingshot(&words, project.parent.path()).await;
        succeeded(&made);
        if project.path().join("Cargo.toml").is_file() {
            project.share_the_build();
        }
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

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.parent.path().join(&self.name)
    }

    pub(crate) async fn slingshot(&self, words: &[&str], directory: &Path) -> Output {
        self.command(&binaries().join("slingshot"), words, directory)
            .await
    }

    pub(crate) async fn command(&self, program: &Path, words: &[&str], directory: &Path) -> Output {
        Self::prepared(program, words, directory)
            .output()
            .await
            .unwrap()
    }

    pub(crate) fn prepared(program: &Path, words: &[&str], directory: &Path) -> Command {
        let mut command = Command::new(program);
        command
            .args(words)
            .current_dir(directory)
            .env("CARGO_TARGET_DIR", binaries().parent().unwrap())
            .env("NO_COLOR", "1")
            // A project has its own.
            .env_remove("VIRTUAL_ENV")
            .kill_on_drop(true);
        command
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

/// Goes through what `slingshot new` says to do next, but for the run.
async fn tested(template: &str) -> Project {
    let project = Project::new(template).await;
    let path = project.path();
    let tested = project.command(Path::new("cargo"), &["test"], &path).await;
    assert!(succeeded(&tested).contains("test result: ok"));
    let checked = project
        .slingshot(&["topology", "check", "--pedantic"], &path)
        .await;
    assert_eq!(succeeded(&checked), "");
    project
}

/// Goes through everything that `slingshot new` says to do next. Gives the summary of the run.
async fn check(template: &str) -> (Project, String) {
    let project = tested(template).await;
    let path = project.path();
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
        .slingshot(&["get", &project.name, "out", "1"], &project.path())
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

/// How long a build and a start may take.
const STARTED: Duration = Duration::from_mins(5);

/// The words of the line that begins with this one.
async fn line(lines: &mut Lines<BufReader<ChildStderr>>, first: &str) -> Vec<String> {
    let found = async {
        while let Some(line) = lines.next_line().await.unwrap() {
            let words: Vec<_> = line.split_whitespace().map(str::to_owned).collect();
            if words.first().is_some_and(|word| word == first) {
                return words;
            }
        }
        panic!("no line begins with {first}");
    };
    timeout(STARTED, found).await.unwrap()
}

fn running(project: &Project) -> (Child, Lines<BufReader<ChildStderr>>) {
    let slingshot = binaries().join("slingshot");
    let mut child = Project::prepared(&slingshot, &["run"], &project.path())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stderr.take().unwrap()).lines();
    (child, lines)
}

#[tokio::test]
async fn handlers_run_until_they_are_asked_to_end() {
    let project = tested("handlers").await;
    let envelope = json!({ "type": "request", "src": "client", "data": "Ada Lovelace" });
    let envelope = envelope.to_string();
    greets(
        &project,
        &[
            ("Ada", "Hello, dear Ada. You are number 1."),
            (&envelope, "Hello, Ada Lovelace. You are number 2."),
        ],
    )
    .await;
}

/// Runs a project whose handler `greet` answers each of these with that, and asks it to end.
pub(crate) async fn greets(project: &Project, asked: &[(&str, &str)]) {
    let (mut child, mut lines) = running(project);
    let serving = line(&mut lines, "Serving").await;
    let [_, url, handlers @ ..] = &serving[..] else {
        panic!("{serving:?}");
    };
    assert_eq!(handlers, ["/greet,", "/titles"]);
    // Read on, so that the process can write.
    let log = tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    let client = client().build().unwrap();
    for (body, expected) in asked {
        let request = client.post(format!("{url}/greet"));
        let answer = said(request.body((*body).to_owned())).await;
        assert_eq!(answer, (200, json!(expected)));
    }
    said(client.post(format!("{url}/shutdown"))).await;
    let ended = timeout(STARTED, child.wait()).await.unwrap().unwrap();
    assert!(ended.success(), "{ended}");
    log.await.unwrap();
}

//! `topology check --watch`, as somebody uses it who edits beside it.

use std::{fs, path::Path, process::Stdio, time::Duration};

use insta::assert_snapshot;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader, Lines},
    process::ChildStderr,
    time::timeout,
};

use crate::{
    changes::git,
    transcript::{slingshot, transcript},
};

const SOUND: &str = "[topology]\nsources = [\"a\"]\n\n[services.a]\nin = \"a\"\n";

/// What stderr says until it waits for the next change.
async fn until_it_waits(lines: &mut Lines<BufReader<ChildStderr>>) -> String {
    let mut said = String::new();
    let read = async {
        while let Some(line) = lines.next_line().await.unwrap() {
            said += &(line.clone() + "\n");
            if line.contains("Watching") {
                return;
            }
        }
    };
    timeout(Duration::from_mins(1), read).await.unwrap();
    said
}

#[tokio::test]
async fn a_change_is_checked_and_its_file_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(directory.path().join(name), text).unwrap();
    write("slingshot.toml", SOUND);
    let mut command = slingshot(directory.path());
    let words = "topology check --watch --format concise --format json=report.json";
    command.args(words.split(' '));
    let command = command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut watch = command.spawn().unwrap();
    let mut lines = BufReader::new(watch.stderr.take().unwrap()).lines();
    let mut said = until_it_waits(&mut lines).await;
    // Nothing that the check looks at: its own report, and a file of somebody else's.
    write("notes.txt", "x");
    write("slingshot.toml", &SOUND.replace("in = \"a\"", "in = \"b\""));
    said += &until_it_waits(&mut lines).await;
    write("slingshot.toml", "[services");
    said += &until_it_waits(&mut lines).await;
    fs::remove_file(directory.path().join("slingshot.toml")).unwrap();
    said += &until_it_waits(&mut lines).await;
    write("slingshot.toml", SOUND);
    said += &until_it_waits(&mut lines).await;
    let id = watch.id().unwrap().to_string();
    let mut interrupt = tokio::process::Command::new("kill");
    interrupt.args(["-INT", &id]);
    assert!(interrupt.status().await.unwrap().success());
    let ended = timeout(Duration::from_mins(1), watch.wait_with_output());
    let ended = ended.await.unwrap().unwrap();
    let report = String::from_utf8(ended.stdout).unwrap();
    assert_snapshot!(format!("{report}--- stderr\n{said}--- {}", ended.status));
}

#[tokio::test]
async fn what_it_is_held_against_is_followed_too() {
    let directory = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(directory.path().join(name), text).unwrap();
    write("slingshot.toml", SOUND);
    fs::create_dir(directory.path().join("at-work")).unwrap();
    write("at-work/slingshot.toml", SOUND);
    let mut command = slingshot(directory.path());
    command.args(["topology", "check", "--watch", "--against", "at-work"]);
    let command = command.stdout(Stdio::null()).stderr(Stdio::piped());
    let mut watch = command.spawn().unwrap();
    let mut lines = BufReader::new(watch.stderr.take().unwrap()).lines();
    until_it_waits(&mut lines).await;
    let more = "\n[services.b]\nin = \"b\"\nout = [{ case = true, queues = [\"a\"] }]\n";
    write("at-work/slingshot.toml", &(SOUND.to_owned() + more));
    let said = until_it_waits(&mut lines).await;
    assert!(said.contains("Changed at-work/slingshot.toml"), "{said}");
    watch.kill().await.unwrap();
}

/// A check that is held against a revision, and somebody who works in the repository meanwhile.
struct Beside {
    watch: tokio::process::Child,
    lines: Lines<BufReader<ChildStderr>>,
}

impl Beside {
    async fn of(directory: &Path, revision: &str) -> Self {
        let mut command = slingshot(directory);
        command.args(["topology", "check", "--watch", "--against", revision]);
        let command = command.stdout(Stdio::null()).stderr(Stdio::piped());
        let mut watch = command.spawn().unwrap();
        let mut lines = BufReader::new(watch.stderr.take().unwrap()).lines();
        let said = until_it_waits(&mut lines).await;
        assert!(said.contains(&format!("and {revision};")), "{said}");
        Self { watch, lines }
    }

    /// The first thing that it says has changed.
    async fn changed(&mut self) -> String {
        let said = until_it_waits(&mut self.lines).await;
        let changed = said.lines().find(|line| line.contains("Changed"));
        changed.unwrap().trim().to_owned()
    }
}

#[tokio::test]
async fn a_revision_is_followed_wherever_git_keeps_it() {
    let repository = tempfile::tempdir().unwrap();
    let directory = repository.path();
    git(directory, &["init", "-q", "-b", "main"]);
    fs::write(directory.join("slingshot.toml"), SOUND).unwrap();
    git(directory, &["add", "-A"]);
    let commit = |at: &Path| {
        let words = ["commit", "-q", "--allow-empty", "-m", "another"];
        git(at, &words);
    };
    commit(directory);
    git(directory, &["tag", "at-work"]);
    let elsewhere = tempfile::tempdir().unwrap();
    let worktree = elsewhere.path().join("tree");
    let path = worktree.to_str().unwrap();
    git(directory, &["worktree", "add", "-q", "-b", "feature", path]);

    let mut on_branch = Beside::of(directory, "main").await;
    commit(directory);
    assert_eq!(on_branch.changed().await, "Changed main");
    // Where a reference is kept says nothing of what it is.
    git(directory, &["pack-refs", "--all"]);
    commit(directory);
    assert_eq!(on_branch.changed().await, "Changed main");
    git(directory, &["update-ref", "-d", "refs/heads/main"]);
    assert_eq!(on_branch.changed().await, "Changed main");
    git(directory, &["update-ref", "refs/heads/main", "at-work"]);
    assert_eq!(on_branch.changed().await, "Changed main");

    let mut on_tag = Beside::of(directory, "at-work").await;
    commit(directory);
    git(directory, &["tag", "-f", "at-work"]);
    assert_eq!(on_tag.changed().await, "Changed at-work");

    // Each worktree has a `HEAD` of its own, and all have the same branches.
    let mut on_head = Beside::of(&worktree, "HEAD").await;
    let mut on_branch_there = Beside::of(&worktree, "main").await;
    commit(directory);
    assert_eq!(on_branch_there.changed().await, "Changed main");
    commit(&worktree);
    assert_eq!(on_head.changed().await, "Changed HEAD");
    for mut beside in [on_branch, on_tag, on_head, on_branch_there] {
        beside.watch.kill().await.unwrap();
    }
}

#[tokio::test]
async fn what_cannot_be_watched_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let mut all = String::new();
    for words in [
        "topology check - --watch",
        "topology check --watch",
        "topology check --watch --update-baseline",
    ] {
        all += &transcript(directory.path(), words).await;
    }
    assert_snapshot!(all);
}

//! `describe`: what a binary says of itself, for people's scripts and for `topology check`.

use std::{fs, os::unix::fs::PermissionsExt as _};

use insta::assert_snapshot;

use crate::{
    project::ScriptProject,
    transcript::{slingshot, transcript_of},
};

const SCRIPT: &str = "exit 1";

#[tokio::test]
async fn json_is_what_is_printed_anyway_and_what_the_check_reads() {
    let project = ScriptProject::new(SCRIPT);
    let words = "describe a --format json";
    let output = project.command(words).output().await.unwrap();
    let unasked = project.command("describe").output().await.unwrap();
    assert_eq!(output.stdout, unasked.stdout);
    fs::write(project.file("a.json"), output.stdout).unwrap();
    let words = "topology check --manifest a.json --persona auditor";
    assert_snapshot!(transcript_of(project.path(), words, project.command(words)).await);
}

#[tokio::test]
async fn what_describes_nothing_is_told() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    for (name, script) in [
        ("silent", "exit 0"),
        ("newer", "echo '{\"format_version\": 2, \"services\": []}'"),
    ] {
        let file = path.join(name);
        fs::write(&file, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(file, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let mut all = String::new();
    for words in [
        "describe nothing",
        "describe silent",
        "describe newer",
        "describe silent --format yaml",
        "describe --help",
    ] {
        let mut command = slingshot(path);
        command.args(words.split_whitespace());
        all += &transcript_of(path, words, command).await;
    }
    assert_snapshot!(all);
}

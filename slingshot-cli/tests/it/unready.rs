//! What a machine or a project lacks, and what a newcomer is told about it.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path};

use insta::assert_snapshot;

use crate::transcript::{slingshot, transcript_of};

const SYSTEM: &str = "[topology]\nsources = [\"a\"]\n[services.a]\nin = \"a\"\n";

fn script(path: &Path, text: &str) {
    fs::write(path, format!("#!/bin/sh\n{text}\n")).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// A cargo whose build fails, for a reason that it has printed.
const BUILD_FAILS: &str = r#"case "$1" in
metadata) echo '{"packages":[{"id":"p","name":"p","manifest_path":"'"$PWD"'/Cargo.toml","dependencies":[{"name":"slingshot"}],"targets":[{"name":"a","kind":["bin"]}]}],"target_directory":"/t"}' ;;
build) echo 'error: something is wrong' >&2; exit 101 ;;
esac"#;

#[tokio::test]
async fn what_is_missing_is_named_with_its_remedy() {
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path();
    fs::write(here.join("slingshot.toml"), SYSTEM).unwrap();
    let run = |cargo: &str, path: &str| {
        let mut command = slingshot(here);
        command.args(["run"]).env("CARGO", cargo).env("PATH", path);
        command
    };
    let mut all = transcript_of(here, "run", run("no-such-cargo", "/nowhere")).await;
    let no_manifest =
        "echo 'error: could not find `Cargo.toml` in `/p` or any parent directory' >&2; exit 101";
    let cargo = here.join("cargo");
    let name = cargo.to_str().unwrap();
    script(&cargo, no_manifest);
    all += &transcript_of(here, "run", run(name, "/nowhere")).await;
    script(&cargo, BUILD_FAILS);
    all += &transcript_of(here, "run", run(name, "/nowhere")).await;
    script(&here.join("cc"), "");
    all += &transcript_of(here, "run", run(name, here.to_str().unwrap())).await;
    assert_snapshot!(all);
}

//! What a pipeline runs: the action's script, the hooks' commands and the guide's snippets, as they are written.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use serde_json::Value;

use crate::{
    clone::{binaries, repository},
    environment::path_with,
};

const FAULTY: &str = r#"
[topology]
sources = ["sniff"]

[services.sniff]
in = "sniff"
out = [{ case = "text", queues = ["wrods"] }]

[services.words]
in = "words"
"#;

fn project(system: &str) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("slingshot.toml"), system).unwrap();
    directory
}

fn read(name: &str) -> String {
    fs::read_to_string(repository().join(name)).unwrap()
}

/// Runs a script of bash where the built command is installed.
fn bash(script: &str, directory: &Path, variables: &[(&str, &str)]) -> Output {
    let mut bash = Command::new("bash");
    bash.args(["-euo", "pipefail", "-c", script])
        .current_dir(directory)
        .env("PATH", path_with(binaries()))
        .env_remove("GITHUB_ACTIONS")
        .envs(variables.iter().copied());
    bash.output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// The last step's script, without its indentation.
fn action() -> String {
    let action = read("action.yml");
    let (_, script) = action.rsplit_once("run: |\n").unwrap();
    let line = |line: &str| line.trim_start().to_owned() + "\n";
    script.lines().map(line).collect()
}

#[test]
fn the_action_annotates_and_writes_for_code_scanning() {
    let project = project(FAULTY);
    let runner = project.path().join("runner");
    fs::create_dir_all(runner.join("slingshot/bin")).unwrap();
    let installed = runner.join("slingshot/bin/slingshot");
    std::os::unix::fs::symlink(binaries().join("slingshot"), installed).unwrap();
    let runner = runner.to_str().unwrap();
    let variables = [
        ("RUNNER_TEMP", runner),
        ("CHECK_PATH", "."),
        ("CHECK_AGAINST", ""),
        ("CHECK_SARIF", "topology.sarif"),
        ("CHECK_ARGUMENTS", "--allow queue-near-miss --fail-on error"),
    ];
    let output = bash(&action(), project.path(), &variables);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    let said = text(&output.stdout);
    assert!(said.contains("error[queue-no-consumer]"), "{said}");
    assert!(
        said.contains("::error file=slingshot.toml,line=7,"),
        "{said}"
    );
    let sarif = fs::read_to_string(project.path().join("topology.sarif")).unwrap();
    let sarif: Value = serde_json::from_str(&sarif).unwrap();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    assert!(
        results
            .iter()
            .any(|result| result["ruleId"] == "queue-no-consumer")
    );
}

#[test]
fn githubs_runner_gets_annotations_without_being_asked() {
    let project = project(FAULTY);
    let variables = [("GITHUB_ACTIONS", "true")];
    let output = bash("slingshot topology check", project.path(), &variables);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stdout).contains("::error file=slingshot.toml"));
}

#[test]
fn the_guides_gitlab_job_writes_its_reports() {
    let project = project(FAULTY);
    let guide = read("docs/guide/ci.md");
    let mut lines = guide.lines().map(str::trim);
    let script = lines
        .find_map(|line| line.strip_prefix("- slingshot topology check"))
        .unwrap();
    let script = format!("slingshot topology check{script}");
    let output = bash(&script, project.path(), &[]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    let quality = project.path().join("gl-code-quality-report.json");
    let quality: Value = serde_json::from_str(&fs::read_to_string(quality).unwrap()).unwrap();
    assert_eq!(quality[0]["location"]["path"], "slingshot.toml");
    let tests = fs::read_to_string(project.path().join("topology.xml")).unwrap();
    assert!(tests.contains("<testsuites "), "{tests}");
}

#[test]
fn the_hooks_find_what_is_wrong_and_how_it_is_written() {
    let hooks = read(".pre-commit-hooks.yaml");
    let entries: Vec<_> = hooks
        .lines()
        .filter_map(|line| line.trim().strip_prefix("entry: "))
        .collect();
    let [check, format] = *entries else {
        panic!("{entries:?}");
    };
    let project = project(FAULTY);
    let found = bash(check, project.path(), &[]);
    assert_eq!(found.status.code(), Some(1));
    assert!(text(&found.stdout).contains("slingshot.toml:7:"));
    let format = format!("{format} slingshot.toml");
    let formatted = bash(&format, project.path(), &[]);
    assert!(formatted.status.success(), "{}", text(&formatted.stderr));
}

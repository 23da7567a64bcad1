//! What `slingshot doctor` says of a project's Python. Its interpreters here are scripts that answer what they are told to.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path};

use insta::assert_snapshot;
use tempfile::TempDir;

use crate::transcript::{project, slingshot, transcript_of};

const SYSTEM: &str = "\
[topology]
sources = [\"a\"]

[services.a]
in = \"a\"
python = \"a.py\"
";

const SCRIPT: &str = "\
from slingshot_microservice import microservice, run

@microservice(name=\"a\")
def a(request, connection):
    yield request, True

run()
";

fn of(script: &str) -> TempDir {
    project(&[("slingshot.toml", SYSTEM), ("a.py", script)])
}

/// An interpreter that answers what the package is, and of other modules.
fn interpreter(place: &Path, version: &str, package: &str, others: &str) {
    let version = version.replace('.', ",");
    let package = match package {
        "" => r#""package":null,"describes":false,"broken":null"#.to_owned(),
        "old" => r#""package":"0.1.7","describes":false,"broken":null"#.to_owned(),
        "broken" => r#""package":null,"describes":false,"broken":"no libz.so.1""#.to_owned(),
        version => format!(r#""package":"{version}","describes":true,"broken":null"#),
    };
    let answer = format!(r#"{{"version":[{version}],{package},"others":{{{others}}}}}"#);
    fs::create_dir_all(place.parent().unwrap()).unwrap();
    fs::write(place, format!("#!/bin/sh\necho '{answer}'\n")).unwrap();
    fs::set_permissions(place, fs::Permissions::from_mode(0o755)).unwrap();
}

/// What the doctor says of Python: the other lines are those of the machine.
async fn doctor(directory: &TempDir, active: Option<&str>) -> String {
    let here = directory.path();
    let mut command = slingshot(here);
    command.arg("doctor").env("PATH", here.join("path"));
    match active {
        Some(name) => command.env("VIRTUAL_ENV", here.join(name)),
        None => command.env_remove("VIRTUAL_ENV"),
    };
    let said = transcript_of(here, "doctor", command)
        .await
        .replace(env!("CARGO_PKG_VERSION"), "VERSION");
    let of_python = |line: &&str| {
        let subject = line.split_whitespace().nth(1).unwrap_or_default();
        matches!(
            subject,
            "rust" | "python" | "slingshot-microservice" | "sqlalchemy"
        )
    };
    let mut shown = String::new();
    let mut lines = said.lines().peekable();
    while let Some(line) = lines.next() {
        if !of_python(&line) {
            continue;
        }
        shown += line;
        shown += "\n";
        while let Some(help) = lines.next_if(|line| line.trim_start().starts_with('→')) {
            shown += help;
            shown += "\n";
        }
    }
    shown
}

const VERSION: &str = env!("CARGO_PKG_VERSION");

#[tokio::test]
async fn the_python_that_a_run_takes_is_named_with_all_that_its_scripts_need() {
    let directory = of(SCRIPT);
    let own = directory.path().join(".venv/bin/python");
    let both = r#""sqlalchemy":{"version":"2.0.44"},"psycopg2":{"version":"2.9.11"}"#;
    interpreter(&own, "3.11.7", VERSION, both);
    let mut said = doctor(&directory, None).await;
    let other = directory.path().join("other/bin/python");
    let both = r#""sqlalchemy":{"version":"2.0.44"},"psycopg":{"version":"3.2.1"},"psycopg2":{"version":"2.9.11"}"#;
    interpreter(&other, "3.13.1", "0.0.9", both);
    said += &doctor(&directory, Some("other")).await;
    assert_snapshot!(said);
}

#[tokio::test]
async fn what_python_lacks_is_told_with_what_to_do() {
    let directory = of(SCRIPT);
    let own = directory.path().join(".venv/bin/python");
    let mut said = String::new();
    for (version, package, others) in [
        ("3.8.20", VERSION, ""),
        ("3.12.3", "", ""),
        ("3.12.3", "old", r#""sqlalchemy":{"version":"1.4.54"}"#),
        ("3.12.3", "broken", r#""sqlalchemy":{"version":"2.0.1"}"#),
        (
            "3.12.3",
            VERSION,
            r#""sqlalchemy":{"version":"2.0.1"},"psycopg":{"broken":"no pq wrapper available"}"#,
        ),
        (
            "3.12.3",
            VERSION,
            r#""sqlalchemy":{"broken":"no greenlet"}"#,
        ),
    ] {
        interpreter(&own, version, package, others);
        let package = package.replace(VERSION, "VERSION");
        said += &["# ", version, " ", &package, "\n"].concat();
        said += &doctor(&directory, None).await;
    }
    fs::remove_file(&own).unwrap();
    said += "# no interpreter\n";
    said += &doctor(&directory, None).await;
    assert_snapshot!(said);
}

#[tokio::test]
async fn an_environment_that_a_run_would_make_is_not_made() {
    let directory = of(SCRIPT);
    let mut said = "# no word of packages\n".to_owned();
    said += &doctor(&directory, None).await;
    fs::write(
        directory.path().join("requirements.txt"),
        "slingshot-microservice\n",
    )
    .unwrap();
    said += "# no Python\n";
    said += &doctor(&directory, None).await;
    interpreter(&directory.path().join("path/python3.12"), "3.12.3", "", "");
    said += "# a Python\n";
    said += &doctor(&directory, None).await;
    assert!(!directory.path().join(".slingshot").exists());
    assert_snapshot!(said);
}

#[tokio::test]
async fn a_script_that_is_none_is_told_and_none_is_not_looked_for() {
    let directory = of("def (\n");
    let own = directory.path().join(".venv/bin/python");
    interpreter(&own, "3.11.7", VERSION, "");
    let mut said = doctor(&directory, None).await;
    fs::remove_file(directory.path().join("a.py")).unwrap();
    said += &doctor(&directory, None).await;
    fs::write(
        directory.path().join("slingshot.toml"),
        SYSTEM.replace("python = \"a.py\"\n", ""),
    )
    .unwrap();
    let without = doctor(&directory, None).await;
    assert!(!without.contains("python"), "{without}");
    assert_snapshot!(said);
}

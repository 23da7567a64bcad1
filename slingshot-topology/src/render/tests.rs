//! The three formats of one set of findings.

use insta::assert_snapshot;

use super::{concise, github, gitlab, json, jsonl, junit, text};
use crate::{Accepted, Diagnostic, Inputs, Policy, Report, SourceFile, read_toml};

fn findings() -> Vec<Diagnostic> {
    report().diagnostics
}

fn report() -> Report {
    let file = SourceFile::new(
        "a,b%/slingshot.toml",
        r#"
[services.sniff]
in = "sniff"
out = []
prefetsh = 3
[rabbitmq]
host = "h"
password = "hunter2"
port = 0
username = "ü"
"#,
    );
    let (system, read) = read_toml(&file);
    let policy = Policy {
        levels: vec![("queue-no-producer".to_owned(), crate::Level::Off)],
        ..Policy::default()
    };
    policy.report(&Inputs::of(&system), read, Accepted::default())
}

/// A sys-map in one line, as programs write it.
#[test]
fn a_long_line_is_shown_around_the_labels_and_told_by_its_columns() {
    let service = |index: usize| {
        format!(
            r#""sé{index}":{{"in":"q{index}","out":[{{"case":"a","queues":["q{}"]}}]}}"#,
            index + 1
        )
    };
    let services: Vec<_> = (0..500).map(service).collect();
    let text_of_map =
        format!("{{{}}}", services.join(",")).replace("\"q250\",\"out\"", "\"q250\",\"otu\"");
    let file = SourceFile::new("map.json", text_of_map.as_str());
    let (system, read) = crate::read_json(&file);
    let mut report = Policy::default().report(&Inputs::of(&system), read, Accepted::default());
    let shown = text(&report.diagnostics, false);
    let longest = shown.lines().map(|line| line.chars().count()).max();
    assert!(longest < Some(1000), "{longest:?}");
    report
        .diagnostics
        .retain(|found| found.rule.name == "map-unknown-field");
    let shown = text(&report.diagnostics, false);
    let column = text_of_map.split("\"otu\"").next().unwrap().chars().count() + 1;
    assert!(
        shown.contains(&format!("--> map.json:1:{column}\n")),
        "{shown}"
    );
    assert_snapshot!(shown);
    let secret = format!(
        "rabbitmq = {{ host = \"h\", port = 1, username = \"u\", password = \"{}\" }}\n",
        "hunter2".repeat(200)
    );
    let (system, read) = read_toml(&SourceFile::new("slingshot.toml", secret));
    let report = Policy::default().report(&Inputs::of(&system), read, Accepted::default());
    let shown = text(&report.diagnostics, false);
    assert!(
        shown.contains("plaintext-secret") && !shown.contains("hunter2"),
        "{shown}"
    );
}

#[test]
fn text_shows_the_lines_and_no_secret() {
    assert_snapshot!(text(&findings(), false), @r"
    error[map-unknown-field]: service `sniff` has no field `prefetsh`
     --> a,b%/slingshot.toml:5:1
      |
    5 | prefetsh = 3
      | ^^^^^^^^ nothing reads this
      |
      = help: did you mean `prefetch`? the fields are `in`, `out`, `buckets`, `replicas`, `prefetch`, `queue-type`, `retry`, `tags`, `python`, `external`, `environment`, `group`, `service-time`, `ordered`, `idempotent`, `hop-limit`

    error[plaintext-secret]: `password` is not a reference to a secret
     --> a,b%/slingshot.toml:8:12
      |
    8 | password = *********
      |            ^^^^^^^^^ blanked out: it may be a secret
      |
      = help: write `pass:ENTRY`, `env:NAME` or `file:PATH`

    error[port-invalid]: the port is not a whole number from 1 to 65535
     --> a,b%/slingshot.toml:9:8
      |
    9 | port = 0
      |        ^ no port

    3 errors
    ");
}

#[test]
fn text_without_findings_says_so() {
    assert_snapshot!(text(&[], false), @"no findings");
}

#[test]
fn json_is_versioned_and_counts_from_one() {
    assert_snapshot!(json(&report()));
}

#[test]
fn github_commands_are_escaped() {
    assert_snapshot!(github(&findings()), @r"
    ::error file=a%2Cb%25/slingshot.toml,line=5,endLine=5,col=1,endColumn=9,title=map-unknown-field::service `sniff` has no field `prefetsh`%0Ahelp: did you mean `prefetch`? the fields are `in`, `out`, `buckets`, `replicas`, `prefetch`, `queue-type`, `retry`, `tags`, `python`, `external`, `environment`, `group`, `service-time`, `ordered`, `idempotent`, `hop-limit`
    ::error file=a%2Cb%25/slingshot.toml,line=8,endLine=8,col=12,endColumn=21,title=plaintext-secret::`password` is not a reference to a secret%0Ahelp: write `pass:ENTRY`, `env:NAME` or `file:PATH`
    ::error file=a%2Cb%25/slingshot.toml,line=9,endLine=9,col=8,endColumn=9,title=port-invalid::the port is not a whole number from 1 to 65535
    ");
}

#[test]
fn concise_is_one_line_a_finding() {
    assert_snapshot!(concise(&findings()));
}

#[test]
fn json_lines_are_the_documents_entries() {
    let lines = jsonl(&findings());
    let lines: Vec<serde_json::Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).expect("a line is a document"))
        .collect();
    let document: serde_json::Value = serde_json::from_str(&json(&report())).expect("a document");
    assert_eq!(document["diagnostics"], serde_json::Value::Array(lines));
}

#[test]
fn gitlab_gets_its_issues() {
    assert_snapshot!(gitlab(&findings()));
}

#[test]
fn junit_counts_what_fails_and_escapes_the_rest() {
    assert_snapshot!(junit(&findings()));
    assert_snapshot!(junit(&[]));
}

//! The three formats of one set of findings.

use insta::assert_snapshot;

use super::{github, json, text};
use crate::{Diagnostic, SourceFile, read_toml};

fn findings() -> Vec<Diagnostic> {
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
    read_toml(&file).1
}

#[test]
fn text_shows_the_lines_and_no_secret() {
    assert_snapshot!(text(&findings(), false), @r"
    warning[map-unknown-field]: service `sniff` has no field `prefetsh`
     --> a,b%/slingshot.toml:5:1
      |
    5 | prefetsh = 3
      | ^^^^^^^^ nothing reads this
      |
      = help: did you mean `prefetch`? the fields are `in`, `out`, `buckets`, `replicas`, `prefetch`, `queue-type`, `retry`, `tags`, `external`, `environment`, `group`, `service-time`, `ordered`, `idempotent`, `hop-limit`

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

    2 errors, 1 warning
    ");
}

#[test]
fn text_without_findings_says_so() {
    assert_snapshot!(text(&[], false), @"no findings");
}

#[test]
fn json_is_versioned_and_counts_from_one() {
    assert_snapshot!(json(&findings()), @r#"
    {
      "format_version": 1,
      "summary": {
        "error": 2,
        "warning": 1,
        "info": 0
      },
      "diagnostics": [
        {
          "rule": "map-unknown-field",
          "severity": "warning",
          "message": "service `sniff` has no field `prefetsh`",
          "labels": [
            {
              "file": "a,b%/slingshot.toml",
              "line": 5,
              "column": 1,
              "end_line": 5,
              "end_column": 9,
              "text": "nothing reads this",
              "primary": true
            }
          ],
          "help": "did you mean `prefetch`? the fields are `in`, `out`, `buckets`, `replicas`, `prefetch`, `queue-type`, `retry`, `tags`, `external`, `environment`, `group`, `service-time`, `ordered`, `idempotent`, `hop-limit`"
        },
        {
          "rule": "plaintext-secret",
          "severity": "error",
          "message": "`password` is not a reference to a secret",
          "labels": [
            {
              "file": "a,b%/slingshot.toml",
              "line": 8,
              "column": 12,
              "end_line": 8,
              "end_column": 21,
              "text": "blanked out: it may be a secret",
              "primary": true
            }
          ],
          "help": "write `pass:ENTRY`, `env:NAME` or `file:PATH`"
        },
        {
          "rule": "port-invalid",
          "severity": "error",
          "message": "the port is not a whole number from 1 to 65535",
          "labels": [
            {
              "file": "a,b%/slingshot.toml",
              "line": 9,
              "column": 8,
              "end_line": 9,
              "end_column": 9,
              "text": "no port",
              "primary": true
            }
          ],
          "help": null
        }
      ]
    }
    "#);
}

#[test]
fn github_commands_are_escaped() {
    assert_snapshot!(github(&findings()), @r"
    ::warning file=a%2Cb%25/slingshot.toml,line=5,endLine=5,col=1,endColumn=9,title=map-unknown-field::service `sniff` has no field `prefetsh`%0Ahelp: did you mean `prefetch`? the fields are `in`, `out`, `buckets`, `replicas`, `prefetch`, `queue-type`, `retry`, `tags`, `external`, `environment`, `group`, `service-time`, `ordered`, `idempotent`, `hop-limit`
    ::error file=a%2Cb%25/slingshot.toml,line=8,endLine=8,col=12,endColumn=21,title=plaintext-secret::`password` is not a reference to a secret%0Ahelp: write `pass:ENTRY`, `env:NAME` or `file:PATH`
    ::error file=a%2Cb%25/slingshot.toml,line=9,endLine=9,col=8,endColumn=9,title=port-invalid::the port is not a whole number from 1 to 65535
    ");
}

//! For GitLab: a Code Quality report.
//!
//! The form is that of <https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format>.

use serde_json::{Value, json};

use crate::{diagnostic::Diagnostic, rule::Severity};

/// Renders findings as GitLab's list of issues, in the order given.
pub fn gitlab(diagnostics: &[Diagnostic]) -> String {
    let issues: Vec<_> = diagnostics.iter().map(issue).collect();
    let mut out = serde_json::to_string_pretty(&issues).expect("strings and numbers serialize");
    out.push('\n');
    out
}

fn issue(diagnostic: &Diagnostic) -> Value {
    let span = diagnostic.span();
    let begin = span.map_or(1, |span| span.start_position().line);
    json!({
        "description": diagnostic.message,
        "check_name": diagnostic.rule.name,
        "fingerprint": diagnostic.fingerprint(),
        "severity": match diagnostic.severity {
            Severity::Error => "critical",
            Severity::Warning => "minor",
            Severity::Info => "info",
        },
        "location": {
            "path": span.map_or("slingshot.toml", |span| &span.file.path),
            "lines": { "begin": begin, "end": span.map_or(begin, |span| span.end_position().line) },
        },
    })
}

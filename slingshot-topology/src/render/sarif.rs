//! For code scanning: SARIF 2.1.0.
//!
//! The format is OASIS's, <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>. What GitHub wants of
//! it beyond the standard is kept too: every result has a location and a fingerprint, every rule its help.

use serde_json::{Value, json};

use crate::{
    check::{Report, Suppressed, Suppression},
    diagnostic::{Diagnostic, Fix, Label},
    rule::{Confidence, Rule, Severity},
    rules::RULES,
    source::Span,
};

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
/// What paths are relative to: the directory of the check, which the reader knows.
const BASE: &str = "%SRCROOT%";
/// The name of our fingerprints, with the version of how they are made.
const FINGERPRINT: &str = "slingshotFinding/v1";

/// Renders a report, with what was accepted as suppressed results.
pub fn sarif(report: &Report) -> String {
    let shown = report.diagnostics.iter().map(|shown| result(shown, None));
    let suppressed = report.suppressed.iter();
    let suppressed = suppressed.map(|Suppressed { diagnostic, by }| result(diagnostic, Some(by)));
    let results: Vec<_> = shown.chain(suppressed).collect();
    let log = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "slingshot",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": RULES.iter().map(|rule| described(rule)).collect::<Vec<_>>(),
            }},
            "invocations": [{ "executionSuccessful": true }],
            "originalUriBaseIds": { BASE: { "description": { "text": "where the check was started" } } },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    let mut out = serde_json::to_string_pretty(&log).expect("strings and numbers serialize");
    out.push('\n');
    out
}

fn described(rule: &Rule) -> Value {
    json!({
        "id": rule.name,
        "shortDescription": { "text": rule.what },
        "fullDescription": { "text": rule.why.trim() },
        "help": { "text": rule.page(), "markdown": rule.page() },
        "defaultConfiguration": { "level": level(rule.severity) },
        "properties": {
            "precision": precision(rule.confidence),
            "problem.severity": problem(rule.severity),
            "tags": [rule.persona.to_string()],
        },
    })
}

fn result(diagnostic: &Diagnostic, by: Option<&Suppression>) -> Value {
    let labels = &diagnostic.labels;
    let primary = labels.iter().find(|label| label.primary).or(labels.first());
    let others = labels.iter().filter(|label| !label.primary).enumerate();
    let mut text = diagnostic.message.clone();
    if let Some(help) = &diagnostic.help {
        text.push_str("\nhelp: ");
        text.push_str(help);
    }
    let mut result = json!({
        "ruleId": diagnostic.rule.name,
        "ruleIndex": RULES.iter().position(|rule| rule.name == diagnostic.rule.name),
        "level": level(diagnostic.severity),
        "message": { "text": text },
        "locations": primary.iter().map(|label| location(label, None)).collect::<Vec<_>>(),
        "relatedLocations": others.map(|(id, label)| location(label, Some(id))).collect::<Vec<_>>(),
        "partialFingerprints": { FINGERPRINT: diagnostic.fingerprint() },
        "properties": { "confidence": diagnostic.confidence.to_string() },
    });
    if diagnostic.is_path {
        let steps = labels
            .iter()
            .map(|label| json!({ "location": location(label, None) }));
        let steps: Vec<_> = steps.collect();
        result["codeFlows"] = json!([{ "threadFlows": [{ "locations": steps }] }]);
    }
    if !diagnostic.fixes.is_empty() {
        result["fixes"] = diagnostic.fixes.iter().map(fix).collect();
    }
    if let Some(by) = by {
        result["suppressions"] = json!([suppression(by)]);
    }
    result
}

fn location(label: &Label, id: Option<usize>) -> Value {
    let mut location = json!({
        "physicalLocation": physical(&label.span),
        "message": { "text": label.text },
    });
    if let Some(id) = id {
        location["id"] = json!(id);
    }
    location
}

fn physical(span: &Span) -> Value {
    json!({
        "artifactLocation": artifact(span),
        "region": region(span),
    })
}

fn artifact(span: &Span) -> Value {
    json!({ "uri": uri(&span.file.path), "uriBaseId": BASE })
}

fn region(span: &Span) -> Value {
    let (start, end) = (span.start_position(), span.end_position());
    json!({
        "startLine": start.line,
        "startColumn": start.column,
        "endLine": end.line,
        "endColumn": end.column,
    })
}

fn fix(fix: &Fix) -> Value {
    let changes = fix.edits.iter().map(|edit| {
        json!({
            "artifactLocation": artifact(&edit.span),
            "replacements": [{
                "deletedRegion": region(&edit.span),
                "insertedContent": { "text": edit.text },
            }],
        })
    });
    json!({
        "description": { "text": fix.title },
        "artifactChanges": changes.collect::<Vec<_>>(),
    })
}

fn suppression(by: &Suppression) -> Value {
    match by {
        Suppression::Ignore { at, reason } => json!({
            "kind": "external",
            "justification": reason.as_deref().unwrap_or("accepted without a reason"),
            "location": { "physicalLocation": physical(at) },
        }),
        Suppression::Baseline => json!({
            "kind": "external",
            "justification": "in the baseline",
        }),
    }
}

/// A relative reference: separators stay, everything else that is no unreserved character is escaped.
fn uri(path: &str) -> String {
    let escaped = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
            char::from(byte).to_string()
        }
        b'\\' => "/".to_owned(),
        _ => format!("%{byte:02X}"),
    };
    path.bytes().map(escaped).collect()
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

/// GitHub's words: <https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning>.
fn problem(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "recommendation",
    }
}

fn precision(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::High => "very-high",
        Confidence::Medium => "medium",
        Confidence::Low => "low",
    }
}

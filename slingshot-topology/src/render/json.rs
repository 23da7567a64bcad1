//! For programs: one JSON document, versioned. Minor additions keep the version.
//!
//! `docs/schemas/diagnostics.json` is its schema.

use serde::Serialize;

use super::Summary;
use crate::{
    check::Report,
    diagnostic::{Diagnostic, Edit, Fix, Label, Safety},
    source::Span,
};

/// Grows when a field changes its meaning or goes.
const FORMAT_VERSION: u32 = 1;

#[derive(Serialize)]
struct Document<'d> {
    format_version: u32,
    summary: Counts,
    diagnostics: Vec<Entry<'d>>,
}

#[derive(Serialize)]
struct Counts {
    error: usize,
    warning: usize,
    info: usize,
    suppressed: usize,
    #[serde(skip_serializing_if = "is_zero")]
    following: usize,
}

#[derive(Serialize)]
struct Entry<'d> {
    rule: &'static str,
    severity: String,
    confidence: String,
    message: &'d str,
    labels: Vec<Place<'d>>,
    help: Option<&'d str>,
    fixes: Vec<Change<'d>>,
    fingerprint: String,
}

#[derive(Serialize)]
struct Place<'d> {
    #[serde(flatten)]
    range: Range<'d>,
    text: &'d str,
    primary: bool,
}

#[derive(Serialize)]
struct Range<'d> {
    file: &'d str,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
}

#[derive(Serialize)]
struct Change<'d> {
    title: &'d str,
    safety: &'static str,
    edits: Vec<Replacement<'d>>,
}

#[derive(Serialize)]
struct Replacement<'d> {
    #[serde(flatten)]
    range: Range<'d>,
    replacement: &'d str,
}

/// Renders a report. Lines and columns count from 1, columns in characters; `end_column` is the column after the
/// last character.
pub fn json(report: &Report) -> String {
    let Summary {
        errors,
        warnings,
        infos,
    } = Summary::of(&report.diagnostics);
    let document = Document {
        format_version: FORMAT_VERSION,
        summary: Counts {
            error: errors,
            warning: warnings,
            info: infos,
            suppressed: report.suppressed.len(),
            following: report.following.len(),
        },
        diagnostics: report.diagnostics.iter().map(entry).collect(),
    };
    let mut out = serde_json::to_string_pretty(&document).expect("strings and numbers serialize");
    out.push('\n');
    out
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands out references"
)]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// Renders each finding as JSON on a line of its own, in the order given.
pub fn jsonl(diagnostics: &[Diagnostic]) -> String {
    let line = |diagnostic: &Diagnostic| {
        let mut line =
            serde_json::to_string(&entry(diagnostic)).expect("strings and numbers serialize");
        line.push('\n');
        line
    };
    diagnostics.iter().map(line).collect()
}

fn entry(diagnostic: &Diagnostic) -> Entry<'_> {
    Entry {
        rule: diagnostic.rule.name,
        severity: diagnostic.severity.to_string(),
        confidence: diagnostic.confidence.to_string(),
        message: &diagnostic.message,
        labels: diagnostic.labels.iter().map(place).collect(),
        help: diagnostic.help.as_deref(),
        fixes: diagnostic.fixes.iter().map(change).collect(),
        fingerprint: diagnostic.fingerprint(),
    }
}

fn place(label: &Label) -> Place<'_> {
    Place {
        range: range(&label.span),
        text: &label.text,
        primary: label.primary,
    }
}

fn range(span: &Span) -> Range<'_> {
    let (start, end) = (span.start_position(), span.end_position());
    Range {
        file: &span.file.path,
        line: start.line,
        column: start.column,
        end_line: end.line,
        end_column: end.column,
    }
}

fn change(fix: &Fix) -> Change<'_> {
    Change {
        title: &fix.title,
        safety: match fix.safety {
            Safety::Safe => "safe",
            Safety::Unsafe => "unsafe",
        },
        edits: fix.edits.iter().map(replacement).collect(),
    }
}

fn replacement(edit: &Edit) -> Replacement<'_> {
    Replacement {
        range: range(&edit.span),
        replacement: &edit.text,
    }
}

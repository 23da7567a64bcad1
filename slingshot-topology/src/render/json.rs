//! For programs: one JSON document, versioned. Minor additions keep the version.

use serde::Serialize;

use super::Summary;
use crate::diagnostic::{Diagnostic, Label};

/// Grows when a field changes its meaning or goes.
const FORMAT_VERSION: u32 = 1;

#[derive(Serialize)]
struct Report<'d> {
    format_version: u32,
    summary: Counts,
    diagnostics: Vec<Entry<'d>>,
}

#[derive(Serialize)]
struct Counts {
    error: usize,
    warning: usize,
    info: usize,
}

#[derive(Serialize)]
struct Entry<'d> {
    rule: &'static str,
    severity: String,
    message: &'d str,
    labels: Vec<Place<'d>>,
    help: Option<&'d str>,
}

#[derive(Serialize)]
struct Place<'d> {
    file: &'d str,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
    text: &'d str,
    primary: bool,
}

/// Renders findings in the order given. Lines and columns count from 1, columns in characters;
/// `end_column` is the column after the last character.
pub fn json(diagnostics: &[Diagnostic]) -> String {
    let Summary {
        errors,
        warnings,
        infos,
    } = Summary::of(diagnostics);
    let report = Report {
        format_version: FORMAT_VERSION,
        summary: Counts {
            error: errors,
            warning: warnings,
            info: infos,
        },
        diagnostics: diagnostics.iter().map(entry).collect(),
    };
    let mut out = serde_json::to_string_pretty(&report).expect("strings and numbers serialize");
    out.push('\n');
    out
}

fn entry(diagnostic: &Diagnostic) -> Entry<'_> {
    Entry {
        rule: diagnostic.rule.name,
        severity: diagnostic.severity.to_string(),
        message: &diagnostic.message,
        labels: diagnostic.labels.iter().map(place).collect(),
        help: diagnostic.help.as_deref(),
    }
}

fn place(label: &Label) -> Place<'_> {
    let (start, end) = (label.span.start_position(), label.span.end_position());
    Place {
        file: &label.span.file.path,
        line: start.line,
        column: start.column,
        end_line: end.line,
        end_column: end.column,
        text: &label.text,
        primary: label.primary,
    }
}

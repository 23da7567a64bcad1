//! For GitHub: workflow commands, which become annotations of the changed lines.
//!
//! The escapes are those of `actions/toolkit`, packages/core/src/command.ts.

use std::fmt::Write as _;

use super::visible;
use crate::{diagnostic::Diagnostic, rule::Severity};

/// Renders one command per finding, in the order given.
pub fn github(diagnostics: &[Diagnostic]) -> String {
    let mut out = String::new();
    for diagnostic in diagnostics {
        let command = match diagnostic.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "notice",
        };
        let mut properties = Vec::new();
        if let Some(span) = diagnostic.span() {
            let (start, end) = (span.start_position(), span.end_position());
            properties.push(format!("file={}", property(&span.file.path)));
            properties.push(format!("line={}", start.line));
            properties.push(format!("endLine={}", end.line));
            // GitHub takes columns only where a finding stays on one line.
            if start.line == end.line {
                properties.push(format!("col={}", start.column));
                properties.push(format!("endColumn={}", end.column));
            }
        }
        properties.push(format!("title={}", property(diagnostic.rule.name)));
        let mut text = diagnostic.message.clone();
        if let Some(help) = &diagnostic.help {
            text.push_str("\nhelp: ");
            text.push_str(help);
        }
        writeln!(out, "::{command} {}::{}", properties.join(","), data(&text))
            .expect("a string takes every write");
    }
    out
}

fn data(text: &str) -> String {
    let text = text.replace('%', "%25").replace('\r', "%0D");
    visible(&text.replace('\n', "%0A")).into_owned()
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

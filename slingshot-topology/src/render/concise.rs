//! One line for each finding, as editors and `grep` like it.

use std::fmt::Write as _;

use super::visible_in_line;
use crate::diagnostic::Diagnostic;

/// Renders `path:line:column: severity[rule]: message`, in the order given.
pub fn concise(diagnostics: &[Diagnostic]) -> String {
    let mut out = String::new();
    for diagnostic in diagnostics {
        if let Some(span) = diagnostic.span() {
            let place = span.to_string();
            write!(out, "{}: ", visible_in_line(&place)).expect("a string takes every write");
        }
        let Diagnostic {
            rule,
            severity,
            message,
            ..
        } = diagnostic;
        let message = visible_in_line(message);
        writeln!(out, "{severity}[{}]: {message}", rule.name).expect("a string takes every write");
    }
    out
}

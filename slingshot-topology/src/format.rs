//! Files as they are to be written: one way to write each, whatever they say.

mod json;
#[cfg(test)]
mod tests;
mod toml;

use std::sync::Arc;

use crate::{
    diagnostic::Diagnostic,
    rule::Severity,
    source::SourceFile,
    system::{read_json, read_toml},
};

/// The canonical order of a service's fields, in a `slingshot.toml` and in a sys-map. Others come behind.
const SERVICE: &[&str] = &[
    "in",
    "python",
    "buckets",
    "out",
    "replicas",
    "prefetch",
    "queue-type",
    "retry",
    "tags",
    "external",
    "environment",
    "group",
    "service-time",
    "ordered",
    "idempotent",
    "hop-limit",
];

/// The canonical order of a route's fields.
const ROUTE: &[&str] = &["case", "queues", "share"];

/// A `slingshot.toml` in its canonical form: a blank line between sections, the fields of a service in one order, a line
/// for each route with the queues below each other. Comments stay where they belong, and nothing changes its meaning.
///
/// # Errors
///
/// The mistakes in its grammar: what is not understood is not touched.
pub fn format_toml(file: &Arc<SourceFile>) -> Result<String, Vec<Diagnostic>> {
    let formatted = toml::format(&file.text).map_err(|_| grammar(read_toml(file).1))?;
    Ok(with_line_ends_of(&file.text, formatted))
}

/// A sys-map in its canonical form: two spaces a level, the fields of each object in one order, a line for each route.
///
/// # Errors
///
/// The mistakes in its grammar: what is not understood is not touched.
pub fn format_json(file: &Arc<SourceFile>) -> Result<String, Vec<Diagnostic>> {
    let formatted = json::format(&file.text).ok_or_else(|| grammar(read_json(file).1))?;
    Ok(with_line_ends_of(&file.text, formatted))
}

/// Lines end as the first one of the file does.
fn with_line_ends_of(text: &str, formatted: String) -> String {
    let first = text.split_inclusive('\n').next().unwrap_or_default();
    if first.ends_with("\r\n") {
        formatted.replace('\n', "\r\n")
    } else {
        formatted
    }
}

fn grammar(mut found: Vec<Diagnostic>) -> Vec<Diagnostic> {
    found.retain(|found| found.severity == Severity::Error);
    found
}

/// The place of a field among others; what is not known comes behind.
fn rank(order: &[&str], field: &str) -> usize {
    order
        .iter()
        .position(|known| *known == field)
        .unwrap_or(order.len())
}

//! For people: each finding with the lines that it is about, then a line that sums up.

use std::{borrow::Cow, ops::Range, sync::Arc};

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Renderer, Snippet};

use super::{Summary, visible};
use crate::{
    diagnostic::{Diagnostic, Label},
    rule::Severity,
    source::{SourceFile, Span},
};

/// Renders findings in the order given. Places of several files are shown file by file, the one to
/// mend first.
pub fn text(diagnostics: &[Diagnostic], color: bool) -> String {
    let renderer = if color {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    let secrets: Vec<&Span> = diagnostics
        .iter()
        .flat_map(|diagnostic| &diagnostic.labels)
        .filter(|label| label.secret)
        .map(|label| &label.span)
        .collect();
    let mut out = String::new();
    for diagnostic in diagnostics {
        out.push_str(&renderer.render(&[group(diagnostic, &secrets)]));
        out.push_str("\n\n");
    }
    out.push_str(&Summary::of(diagnostics).to_string());
    out.push('\n');
    out
}

fn group<'d>(diagnostic: &'d Diagnostic, secrets: &[&Span]) -> Group<'d> {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Info => Level::INFO,
    };
    let title = level
        .primary_title(visible(&diagnostic.message))
        .id(diagnostic.rule.name);
    let mut group = Group::with_title(title);
    for (file, labels) in by_excerpt(&diagnostic.labels) {
        group = group.element(snippet(file, &labels, secrets));
    }
    if let Some(help) = &diagnostic.help {
        group = group.element(Level::HELP.message(visible(help)));
    }
    group
}

/// How many bytes may lie between two labels of one excerpt. An excerpt's cost grows with its text,
/// and what lies between is left out anyway.
const WIDEST_GAP: usize = 4096;

/// Labels by file and neighbourhood, in the order in which these are first met.
fn by_excerpt(labels: &[Label]) -> Vec<(&Arc<SourceFile>, Vec<&Label>)> {
    let mut excerpts: Vec<(&Arc<SourceFile>, Vec<&Label>)> = Vec::new();
    for label in labels {
        let file = &label.span.file;
        let is_near = |other: &&Label| other.span.start.abs_diff(label.span.start) <= WIDEST_GAP;
        let home = excerpts
            .iter_mut()
            .find(|(known, of_excerpt)| Arc::ptr_eq(known, file) && of_excerpt.iter().any(is_near));
        match home {
            Some((_, of_excerpt)) => of_excerpt.push(label),
            None => excerpts.push((file, vec![label])),
        }
    }
    excerpts
}

/// Only the lines from the first label to the last are given away, because the snippet's cost grows
/// with its text.
fn snippet<'d>(
    file: &'d SourceFile,
    labels: &[&'d Label],
    secrets: &[&Span],
) -> Snippet<'d, Annotation<'d>> {
    let start = labels.iter().map(|label| label.span.start).min();
    let end = labels.iter().map(|label| label.span.end).max();
    let (first_line, window) = file.lines_around(start.unwrap_or(0)..end.unwrap_or(0));
    let annotation = |label: &&'d Label| {
        let Range { start, end } = label.span.start..label.span.end;
        let kind = if label.primary {
            AnnotationKind::Primary
        } else {
            AnnotationKind::Context
        };
        kind.span(start - window.start..end - window.start)
            .label(visible(&label.text))
    };
    let annotations: Vec<_> = labels.iter().map(annotation).collect();
    Snippet::source(excerpt(file, window, secrets))
        .line_start(first_line)
        .path(visible(&file.path))
        .annotations(annotations)
}

/// The text of a window with every secret in it blanked out, byte for byte.
fn excerpt<'d>(file: &'d SourceFile, window: Range<usize>, secrets: &[&Span]) -> Cow<'d, str> {
    let text = file.text.get(window.clone()).unwrap_or_default();
    let inside = secrets.iter().filter(|secret| {
        secret.file.path == file.path && secret.start >= window.start && secret.end <= window.end
    });
    let mut out = Cow::Borrowed(text);
    for secret in inside {
        let range = secret.start - window.start..secret.end - window.start;
        let stars = "*".repeat(range.len());
        out.to_mut().replace_range(range, &stars);
    }
    out
}

//! For people: each finding with the lines that it is about, then a line that sums up.

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Renderer, Snippet};

use super::{
    Summary,
    excerpt::{Excerpt, by_excerpt, with_columns},
    visible,
};
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
        out.push_str(&with_columns(
            renderer.render(&[group(diagnostic, &secrets)]),
        ));
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

/// Only the lines from the first label to the last are given away, because the snippet's cost grows
/// with its text.
fn snippet<'d>(
    file: &'d SourceFile,
    labels: &[&'d Label],
    secrets: &[&Span],
) -> Snippet<'d, Annotation<'d>> {
    let excerpt = Excerpt::around(file, labels, secrets);
    let annotation = |label: &&'d Label| {
        let kind = if label.primary {
            AnnotationKind::Primary
        } else {
            AnnotationKind::Context
        };
        kind.span(excerpt.range(&label.span))
            .label(visible(&label.text))
    };
    let annotations: Vec<_> = labels.iter().map(annotation).collect();
    Snippet::source(excerpt.text)
        .line_start(excerpt.first_line)
        .path(excerpt.path)
        .annotations(annotations)
}

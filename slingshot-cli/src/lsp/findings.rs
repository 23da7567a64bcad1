//! Findings as the editor shows them.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use lsp_types::{
    Diagnostic, DiagnosticRelatedInformation, DiagnosticSeverity, Location, NumberOrString, Range,
};
use slingshot_topology::{Diagnostic as Finding, Label, Severity, SourceFile, Span};

use super::{
    analysis::Analysed,
    client::Client,
    places::{Lines, uri_of},
};

/// Nobody reads more of one file, and no editor likes to show them.
const MOST_OF_A_FILE: usize = 1_000;

/// The findings of all systems, by file.
pub(super) fn by_file(
    analysed: &[Arc<Analysed>],
    client: &Client,
) -> BTreeMap<PathBuf, Vec<Diagnostic>> {
    let mut shown = Shown::to(client);
    let mut files: BTreeMap<PathBuf, Vec<Diagnostic>> = BTreeMap::new();
    for analysed in analysed {
        for finding in &analysed.found {
            for (path, diagnostic) in shown.diagnostics(finding, &analysed.map.path) {
                let file = files.entry(PathBuf::from(path)).or_default();
                if file.len() < MOST_OF_A_FILE {
                    file.push(diagnostic);
                }
            }
        }
    }
    files
}

/// The findings of one system that are shown in a file, each as it is shown there.
pub(super) fn in_file<'f>(
    analysed: &'f Analysed,
    path: &str,
    client: &Client,
) -> Vec<(&'f Finding, Diagnostic)> {
    let mut shown = Shown::to(client);
    let found = analysed.found.iter().flat_map(|finding| {
        let all = shown.diagnostics(finding, &analysed.map.path);
        let here = all.into_iter().filter(|(of, _)| *of == path);
        here.map(move |(_, diagnostic)| (finding, diagnostic))
            .collect::<Vec<_>>()
    });
    found.collect()
}

struct Shown<'c> {
    client: &'c Client,
    /// Of the files that findings are in, by path.
    lines: BTreeMap<String, Lines>,
}

impl<'c> Shown<'c> {
    fn to(client: &'c Client) -> Self {
        Self {
            client,
            lines: BTreeMap::new(),
        }
    }

    /// A finding is shown where it is to be mended, and once in each other file that takes part: whoever
    /// writes a new case sees there that it has no route. What is about nothing in particular stands on the
    /// map's first line.
    fn diagnostics<'f>(
        &mut self,
        finding: &'f Finding,
        map: &'f str,
    ) -> Vec<(&'f str, Diagnostic)> {
        let Some(primary) = finding.labels.first() else {
            return vec![(map, self.diagnostic(finding, None))];
        };
        let mut all = Vec::new();
        for label in std::iter::once(primary).chain(&finding.labels) {
            let path: &str = &label.span.file.path;
            if all.iter().all(|(of, _)| *of != path) {
                all.push((path, self.diagnostic(finding, Some(label))));
            }
        }
        all
    }

    fn diagnostic(&mut self, finding: &Finding, at: Option<&Label>) -> Diagnostic {
        let help = finding.help.as_ref();
        let help = help.map_or_else(String::new, |help| format!("\nhelp: {help}"));
        let mut related = Vec::new();
        if self.client.shows_related {
            let others = finding.labels.iter();
            for label in others.filter(|label| at.is_none_or(|at| at.span != label.span)) {
                related.extend(self.related(label));
            }
        }
        Diagnostic {
            range: at.map_or_else(Range::default, |label| self.range(&label.span)),
            severity: Some(match finding.severity {
                Severity::Error => DiagnosticSeverity::ERROR,
                Severity::Warning => DiagnosticSeverity::WARNING,
                Severity::Info => DiagnosticSeverity::INFORMATION,
            }),
            code: Some(NumberOrString::String(finding.rule.name.to_owned())),
            source: Some("slingshot".to_owned()),
            message: format!("{}{help}", finding.message),
            related_information: (!related.is_empty()).then_some(related),
            ..Diagnostic::default()
        }
    }

    fn related(&mut self, label: &Label) -> Option<DiagnosticRelatedInformation> {
        Some(DiagnosticRelatedInformation {
            location: Location {
                uri: uri_of(Path::new(&label.span.file.path))?,
                range: self.range(&label.span),
            },
            message: label.text.clone(),
        })
    }

    fn range(&mut self, span: &Span) -> Range {
        let file: &SourceFile = &span.file;
        let columns = self.client.columns;
        let lines = self.lines.entry(file.path.clone());
        let lines = lines.or_insert_with(|| Lines::of(&file.text, columns));
        Range::new(lines.position(span.start), lines.position(span.end))
    }
}

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
    let mut shown = Shown {
        client,
        lines: BTreeMap::new(),
    };
    let mut files: BTreeMap<PathBuf, Vec<Diagnostic>> = BTreeMap::new();
    for analysed in analysed {
        for finding in &analysed.found {
            let at = finding
                .span()
                .map_or(&*analysed.map.path, |span| &*span.file.path);
            let file = files.entry(PathBuf::from(at)).or_default();
            if file.len() < MOST_OF_A_FILE {
                file.push(shown.diagnostic(finding));
            }
        }
    }
    files
}

/// One finding.
pub(super) fn diagnostic(finding: &Finding, client: &Client) -> Diagnostic {
    let mut shown = Shown {
        client,
        lines: BTreeMap::new(),
    };
    shown.diagnostic(finding)
}

struct Shown<'c> {
    client: &'c Client,
    /// Of the files that findings are in, by path.
    lines: BTreeMap<String, Lines>,
}

impl Shown<'_> {
    fn diagnostic(&mut self, finding: &Finding) -> Diagnostic {
        let help = finding.help.as_ref();
        let help = help.map_or_else(String::new, |help| format!("\nhelp: {help}"));
        let related: Vec<_> = finding
            .labels
            .iter()
            .skip(1)
            .filter(|_| self.client.shows_related)
            .cloned()
            .collect();
        let related: Vec<_> = related
            .iter()
            .filter_map(|label| self.related(label))
            .collect();
        Diagnostic {
            // What is about nothing in particular stands on the map's first line.
            range: finding
                .span()
                .map_or_else(Range::default, |span| self.range(span)),
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

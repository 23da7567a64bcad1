//! The end of every reading: what the parser found joins what was found in what it understood.

use std::{mem, ops::Range, sync::Arc};

use super::fields::{Form, Reader};
use crate::{
    check::Wanted,
    diagnostic::{self, Diagnostic, Findings},
    document::{Mistake, SyntaxError},
    hashing::HashSet,
    rules::{
        map_duplicate_key::MapDuplicateKey, map_syntax::MapSyntax,
        response_not_json::ResponseNotJson,
    },
    source::SourceFile,
    system::System,
};

/// The parser's `errors` count, and what else was found where the text is `damaged` does not: it follows
/// from them.
pub(super) fn finish(
    mut reader: Reader<'_>,
    mut system: System,
    errors: &[SyntaxError],
    damaged: &[Range<usize>],
) -> (System, Vec<Diagnostic>) {
    let everything = Findings::wanted_by(Wanted::everything());
    let mut found = mem::replace(&mut reader.findings, everything).into_sorted();
    let damaged: HashSet<_> = damaged.iter().map(|at| (at.start, at.end)).collect();
    found.retain(|found| {
        let place = found.span().map(|span| (span.start, span.end));
        place.is_none_or(|place| !damaged.contains(&place))
    });
    reader.misencoded();
    for error in errors {
        reader.mistake(error);
    }
    system.ignores.append(&mut reader.notes);
    system.start = Some(reader.file.span(0..0));
    system.complete = reader.is_complete();
    found.extend(reader.findings.into_sorted());
    diagnostic::sort(&mut found);
    (system, found)
}

/// A page that was saved in place of an answer.
pub(super) fn web_page(file: &Arc<SourceFile>) -> Option<(System, Vec<Diagnostic>)> {
    let start = file.text.len() - file.text.trim_start().len();
    let text = file.text.get(start..)?;
    let tag = text.starts_with('<').then_some(text)?;
    let end = tag.find('>').map_or(1, |end| end + 1);
    let mut reader = Reader::new(file, Form::Wire);
    reader.incomplete();
    let at = file.span(start..start + end);
    reader.findings.push(ResponseNotJson { at });
    Some(finish(reader, System::default(), &[], &[]))
}

impl Reader<'_> {
    fn misencoded(&mut self) {
        if let Some(misencoded) = self.file.misencoded() {
            self.incomplete();
            self.findings.push(MapSyntax {
                message: misencoded.message.to_owned(),
                at: self.span(&(misencoded.at..misencoded.at + 1)),
                opened: None,
            });
        }
    }

    fn mistake(&mut self, error: &SyntaxError) {
        self.incomplete();
        let at = self.span(&error.range);
        let message = error.message.clone();
        match &error.mistake {
            Mistake::Grammar { opened } => {
                let opened = opened.as_ref().map(|range| self.span(range));
                self.findings.push(MapSyntax {
                    message,
                    at,
                    opened,
                });
            }
            Mistake::DuplicateKey { first } => {
                let first = first.as_ref().map(|range| self.span(range));
                self.findings.push(MapDuplicateKey {
                    key: message,
                    first,
                    again: at,
                });
            }
        }
    }
}

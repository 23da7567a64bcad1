//! Just enough of a scan for the pages' examples: the real one belongs to the commands.

use std::sync::Arc;

use crate::{CaseValue, Cases, Code, CodeService, SourceFile, Span, Spanned};

pub(super) fn scan(file: &Arc<SourceFile>) -> Code {
    let name = between(file, "name = \"", "\"");
    let variants = between(file, "enum Kind {", "}");
    let variants = variants.iter().flat_map(|body| words(file, body));
    let cases = variants.map(|at| {
        let case = at.text().to_lowercase();
        Spanned::new(CaseValue::Text(case.into()), at)
    });
    let keys = |call: &str| {
        let keys = between(file, call, "\"").into_iter();
        keys.map(|at| Spanned::new(at.text().to_owned(), at))
            .collect()
    };
    let at = name.into_iter().next().expect("an annotation");
    Code {
        services: vec![CodeService {
            name: at.text().to_owned(),
            at,
            cases: Cases::Closed(cases.collect()),
            reads: keys("read_file(\""),
            writes: keys("write_file(\""),
        }],
    }
}

fn between(file: &Arc<SourceFile>, start: &str, end: &str) -> Option<Span> {
    let from = file.text.find(start)? + start.len();
    let length = file.text.get(from..)?.find(end)?;
    Some(file.span(from..from + length))
}

fn words(file: &Arc<SourceFile>, span: &Span) -> Vec<Span> {
    let offset = span.text().as_ptr().addr() - file.text.as_ptr().addr();
    let words = span
        .text()
        .split([',', '\n', ' '])
        .filter(|word| !word.is_empty());
    let at = |word: &str| word.as_ptr().addr() - span.text().as_ptr().addr() + offset;
    words
        .map(|word| file.span(at(word)..at(word) + word.len()))
        .collect()
}

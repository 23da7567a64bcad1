//! Just enough of a scan for the pages' examples: the real one belongs to the commands.

use std::{ops::Range, sync::Arc};

use crate::{
    BusCall, CaseType, CaseValue, Cases, Code, CodeHandler, CodeService, CodeSettings, Process,
    SourceFile, Span, Spanned, Unseen,
};

pub(super) fn scan(file: &Arc<SourceFile>) -> Code {
    let starts = file.text.match_indices("#[").map(|(at, _)| at);
    let starts: Vec<_> = starts.chain([file.text.len()]).collect();
    let items = || starts.windows(2).map(|pair| pair[0]..pair[1]);
    let services = items().filter(|item| is(file, item, "#[microservice"));
    let handlers = items().filter(|item| is(file, item, "#[handler"));
    Code {
        services: services.map(|item| service(file, &item)).collect(),
        handlers: handlers.map(|item| handler(file, &item)).collect(),
        refused: between(file, &(0..file.text.len()), ", name = \"", "\"")
            .map(|at| Spanned::new("`name` is given twice".to_owned(), at))
            .into_iter()
            .collect(),
        unseen: items().filter_map(|item| unseen(file, &item)).collect(),
        is_complete: true,
        ..Code::default()
    }
}

/// A key that is computed, and that the annotation does not say.
fn unseen(file: &Arc<SourceFile>, item: &Range<usize>) -> Option<Unseen> {
    let at = between(file, item, "= read_file(", ", request)")?;
    let is_computed = !at.text().starts_with('"') && between(file, item, ", reads(", ")").is_none();
    is_computed.then(|| Unseen {
        at,
        what: "the key of this call is no literal".to_owned(),
        of: Some(name(file, item).text().to_owned()),
        help: "say the service's keys in its annotation".to_owned(),
    })
}

fn service(file: &Arc<SourceFile>, item: &Range<usize>) -> CodeService {
    let keys = |call: &str| {
        let keys = between(file, item, call, "\"").into_iter();
        keys.map(|at| Spanned::new(at.text().to_owned(), at))
            .collect::<Vec<_>>()
    };
    let of_own_id = |key: &Spanned<String>| {
        let after = file.text.get(key.span.end..);
        after.is_some_and(|after| after.starts_with("\", request)"))
    };
    let (mut reads, writes) = (keys("read_file(\""), keys("write_file(\""));
    reads.extend(keys(", reads(\""));
    let at = name(file, item);
    CodeService {
        name: at.text().to_owned(),
        at,
        cases: cases(file, item),
        uncertain: Vec::new(),
        is_conditional: false,
        processes: vec![Process::Binary(1)],
        own_reads: reads.iter().filter(|key| of_own_id(key)).cloned().collect(),
        own_writes: writes
            .iter()
            .filter(|key| of_own_id(key))
            .cloned()
            .collect(),
        reads,
        writes,
        repeats: Vec::new(),
        are_keys_known: unseen(file, item).is_none(),
        calls: calls(file, item),
        sends: sends(file, item),
        settings: settings(file, item),
    }
}

fn settings(file: &Arc<SourceFile>, item: &Range<usize>) -> CodeSettings {
    let timeout = between(file, item, "timeout = \"", "\"").into_iter().next();
    CodeSettings {
        replicas: None,
        timeout: timeout.and_then(|at| slingshot_settings::duration::parse(at.text()).ok()),
        connection: between(file, item, "&mut ", "Connection").is_some(),
        deduplicates: false,
    }
}

fn cases(file: &Arc<SourceFile>, item: &Range<usize>) -> Cases {
    let Some(returned) = between(file, item, "-> (u64, ", ")") else {
        return Cases::Closed(Vec::new());
    };
    let closed = match returned.text() {
        "String" => {
            let text = Spanned::new(CaseType::Text, returned.clone());
            return Cases::Open(vec![text]);
        }
        "bool" => [false, true]
            .map(|value| Spanned::new(CaseValue::Bool(value), returned.clone()))
            .to_vec(),
        _ => {
            let variants = between(file, &(0..file.text.len()), "enum Kind {", "}");
            let variants = variants.iter().flat_map(|body| words(file, body));
            let case = |at: Span| {
                let case = at.text().to_lowercase();
                Spanned::new(CaseValue::Text(case.into()), at)
            };
            variants.map(case).collect()
        }
    };
    Cases::Closed(closed)
}

fn handler(file: &Arc<SourceFile>, item: &Range<usize>) -> CodeHandler {
    let at = name(file, item);
    CodeHandler {
        name: at.text().to_owned(),
        at,
        is_on_bus: true,
        is_conditional: false,
        processes: vec![Process::Binary(1)],
        calls: calls(file, item),
        sends: sends(file, item),
    }
}

fn calls(file: &Arc<SourceFile>, item: &Range<usize>) -> Vec<BusCall> {
    let calls = [("bus.publish(\"", true), ("bus.dispatch(\"", false)];
    let call = |(start, awaits): (&str, bool)| {
        let at = between(file, item, start, "\"")?;
        let handler = Spanned::new(at.text().to_owned(), at);
        Some(BusCall { handler, awaits })
    };
    calls.into_iter().filter_map(call).collect()
}

fn sends(file: &Arc<SourceFile>, item: &Range<usize>) -> Vec<Spanned<String>> {
    let at = between(file, item, "queues.send(\"", "\"").into_iter();
    at.map(|at| Spanned::new(at.text().to_owned(), at))
        .collect()
}

fn name(file: &Arc<SourceFile>, item: &Range<usize>) -> Span {
    between(file, item, "name = \"", "\"")
        .or_else(|| between(file, item, "fn ", "("))
        .expect("an annotated function")
}

fn is(file: &SourceFile, item: &Range<usize>, attribute: &str) -> bool {
    let text = file.text.get(item.clone());
    text.is_some_and(|text| text.starts_with(attribute))
}

fn between(file: &Arc<SourceFile>, item: &Range<usize>, start: &str, end: &str) -> Option<Span> {
    let from = item.start + file.text.get(item.clone())?.find(start)? + start.len();
    let length = file.text.get(from..item.end)?.find(end)?;
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

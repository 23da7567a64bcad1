//! Whatever is found and read can be shown, in every form.

use serde_json::Value;

use crate::{Diagnostic, Report, System, graph, render};

/// To show a finding takes longer than to find a hundred, and a fuzzer meets each kind again and again.
const MOST_SHOWN: usize = 8;

/// The diagnostics lie inside their files and can be reported: the forms for programs are of their grammar, and
/// those for terminals have no control characters but line breaks.
pub(super) fn shown(found: &[Diagnostic]) {
    for diagnostic in found {
        for label in &diagnostic.labels {
            let span = &label.span;
            let inside = span.file.text.get(span.start..span.end);
            assert!(inside.is_some(), "{}: {span:?}", diagnostic.rule.name);
        }
    }
    let found = found.get(..MOST_SHOWN).unwrap_or(found);
    let report = Report {
        diagnostics: found.to_vec(),
        ..Report::default()
    };
    plain(&render::text(found, false));
    plain(&render::concise(found));
    plain(&render::junit(found));
    plain(&render::github(found));
    of_json(&render::json(&report));
    // It holds the page of every rule each time: a fuzzer would do nothing else.
    if cfg!(test) {
        of_json(&render::sarif(&report));
    }
    of_json(&render::gitlab(found));
}

/// A system can be drawn.
pub(super) fn drawn(system: &System) {
    let picture = graph::Picture::of(system);
    plain(&graph::mermaid(&picture));
    plain(&graph::dot(&picture));
    plain(&graph::d2(&picture));
    of_json(&graph::json(&picture));
    plain(&graph::svg(&picture));
    plain(&graph::ascii(&picture, usize::MAX).0);
}

/// A terminal would take it for a command, and XML has no place for it.
pub(super) fn plain(text: &str) {
    let is_bad = |c: &char| c.is_ascii_control() && !"\n\t\r".contains(*c);
    let bad = text.chars().find(is_bad);
    assert_eq!(bad, None, "{text:?}");
}

pub(super) fn of_json(text: &str) {
    if let Err(error) = serde_json::from_str::<Value>(text) {
        panic!("{error}: {text}");
    }
}

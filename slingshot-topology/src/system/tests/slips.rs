//! A character that stands twice: one finding, where it stands.

use std::sync::Arc;

use crate::{Diagnostic, SourceFile, System, read_json, read_toml};

const LINE: &str = r#"services = { sniff = { in = "files", out = [{ case = "text", queues = ["words"] }, { case = "image", queues = ["thumbnail", "archive"] }] }, words = { in = "words", out = [{ case = true, queues = ["archive"] }] } }
topology = { sources = ["files"], sinks = ["archive"] }
"#;

fn check(
    text: &str,
    parts: char,
    most_bytes: usize,
    read: impl Fn(&Arc<SourceFile>) -> (System, Vec<Diagnostic>),
) {
    let mut is_comment = false;
    for (at, mark) in text.char_indices() {
        is_comment = mark != '\n' && (is_comment || mark == '#');
        if is_comment || !"\"{}[],".contains(mark) && mark != parts {
            continue;
        }
        let (before, behind) = text.split_at(at);
        let file = SourceFile::new("map", format!("{before}{mark}{behind}"));
        let found = read(&file).1;
        let near = |finding: &Diagnostic| {
            let span = finding.span();
            span.is_some_and(|span| span.start.abs_diff(at) <= most_bytes)
        };
        let is_told_once = matches!(&*found, [finding] if near(finding));
        assert!(is_told_once, "{mark} at {at}: {found:#?}");
    }
}

#[test]
fn whatever_stands_twice_in_a_map_is_one_finding_at_its_place() {
    let map = include_str!("../../../../slingshot-cli/tests/it/mistakes/saved/map.json");
    let short: String = map.split_whitespace().collect();
    let documents = include_str!("../../../../examples/documents/slingshot.toml");
    check(map, ':', 4, read_json);
    check(&short, ':', 4, read_json);
    // A header with a bracket too many may also be one that lacks a bracket at its other end.
    check(documents, '=', 24, read_toml);
    check(LINE, '=', 4, read_toml);
}

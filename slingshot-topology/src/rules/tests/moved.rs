//! A fault that is moved is found where it is then, and is the same finding.

use super::{CODE, Files, MAP, PREVIOUS, RULES};
use crate::{Diagnostic, Label, Rule};

/// What is put above each file's text.
fn above(path: &str) -> &'static str {
    match path {
        CODE => "// Moved down\n// by two lines.\n",
        MAP | PREVIOUS => "# Moved down\n# by two lines, by a comment with the words in = \"x\".\n",
        _ => "\n   \n",
    }
}

/// A place, as far down as its file's text.
fn moved(label: &Label) -> (String, usize, usize) {
    let span = &label.span;
    // What a whole file lacks is told at its very start.
    let by = if span.end == 0 {
        0
    } else {
        above(&span.file.path).len()
    };
    (span.file.path.clone(), span.start + by, span.end + by)
}

fn place(label: &Label) -> (String, usize, usize) {
    let span = &label.span;
    (span.file.path.clone(), span.start, span.end)
}

/// What must not change.
fn words(finding: &Diagnostic) -> (String, String, Option<&str>, Vec<(&str, bool)>) {
    let labels = finding.labels.iter();
    (
        finding.message.clone(),
        finding.fingerprint(),
        finding.help.as_deref(),
        labels.map(|label| (&*label.text, label.primary)).collect(),
    )
}

fn check(rule: &Rule) {
    let files = Files::of(rule.before);
    let down = files
        .0
        .iter()
        .map(|(path, text)| (*path, format!("{}{text}", above(path))));
    let down = Files(down.collect());
    let (before, after) = (files.findings_of(rule), down.findings_of(rule));
    assert!(!before.is_empty(), "{}: nothing is found", rule.name);
    let all = |findings: &[Diagnostic]| {
        findings
            .iter()
            .map(words)
            .map(|words| format!("{words:?}"))
            .collect::<Vec<_>>()
    };
    assert_eq!(all(&before), all(&after), "{}: the words change", rule.name);
    let labels = |findings: &[Diagnostic], of: fn(&Label) -> (String, usize, usize)| -> Vec<_> {
        findings
            .iter()
            .flat_map(|finding| &finding.labels)
            .map(of)
            .collect()
    };
    assert_eq!(
        labels(&before, moved),
        labels(&after, place),
        "{}: the places do not follow",
        rule.name
    );
    let edits = |findings: &[Diagnostic]| -> Vec<_> {
        let fixes = findings.iter().flat_map(|finding| &finding.fixes);
        let edits = fixes.flat_map(|fix| &fix.edits);
        edits
            .map(|edit| (edit.span.text().to_owned(), edit.text.clone()))
            .collect()
    };
    assert_eq!(
        edits(&before),
        edits(&after),
        "{}: the fixes do not follow",
        rule.name
    );
}

#[test]
fn every_rules_finding_follows_its_fault() {
    for rule in RULES {
        check(rule);
    }
}

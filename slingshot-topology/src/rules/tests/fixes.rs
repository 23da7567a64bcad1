//! Every fix of every rule, applied: the finding is gone, and a safe fix makes no other.

use std::{collections::BTreeSet, fmt::Write as _};

use super::{Files, RULES};
use crate::{Diagnostic, Fix, Policy, Safety};

/// The files after a fix.
fn fixed(files: &Files, fix: &Fix) -> Files {
    let mut files = files.clone();
    let mut edits: Vec<_> = fix.edits.iter().collect();
    edits.sort_by_key(|edit| edit.span.start);
    for edits in edits.windows(2) {
        let overlap = edits[0].span.end > edits[1].span.start;
        let is_one_file = edits[0].span.file.path == edits[1].span.file.path;
        assert!(
            !(overlap && is_one_file),
            "{}: the edits overlap",
            fix.title
        );
    }
    for edit in edits.into_iter().rev() {
        let mut texts = files.0.iter_mut();
        let (_, text) = texts
            .find(|(path, _)| *path == edit.span.file.path)
            .expect("a file of the example");
        text.replace_range(edit.span.start..edit.span.end, &edit.text);
    }
    files
}

fn words(findings: &[Diagnostic]) -> BTreeSet<(&'static str, String)> {
    let words = |finding: &Diagnostic| (finding.rule.name, finding.message.clone());
    findings.iter().map(words).collect()
}

/// The lines that a fix changes.
fn changes(before: &Files, after: &Files) -> String {
    let mut out = String::new();
    for ((_, before), (_, after)) in before.0.iter().zip(&after.0) {
        let (old, new): (Vec<_>, Vec<_>) = (before.lines().collect(), after.lines().collect());
        let same = old
            .iter()
            .zip(&new)
            .take_while(|(old, new)| old == new)
            .count();
        let rest = old[same..].iter().rev().zip(new[same..].iter().rev());
        let tail = rest.take_while(|(old, new)| old == new).count();
        for line in &old[same..old.len() - tail] {
            writeln!(out, "- {line}").expect("a string takes it");
        }
        for line in &new[same..new.len() - tail] {
            writeln!(out, "+ {line}").expect("a string takes it");
        }
    }
    out
}

#[test]
fn every_fix_mends_what_was_found_and_a_safe_one_breaks_nothing() {
    let mut shown = String::new();
    for rule in RULES {
        let before = Files::of(rule.before);
        let found = before.report(&Policy::everything()).diagnostics;
        let own = found
            .iter()
            .filter(|finding| finding.rule.name == rule.name);
        for (finding, fix) in
            own.flat_map(|finding| finding.fixes.iter().map(move |fix| (finding, fix)))
        {
            let after = fixed(&before, fix);
            let left = after.report(&Policy::everything()).diagnostics;
            let left = words(&left);
            let word = match fix.safety {
                Safety::Safe => "safe",
                Safety::Unsafe => "proposed",
            };
            let changed = changes(&before, &after);
            writeln!(shown, "{} ({word}): {}\n{changed}", rule.name, fix.title)
                .expect("a string takes it");
            let is_left = left.contains(&(rule.name, finding.message.clone()));
            assert!(!is_left, "{}: still found after\n{changed}", rule.name);
            if fix.safety == Safety::Safe {
                let new: Vec<_> = left.difference(&words(&found)).cloned().collect();
                assert!(new.is_empty(), "{}: {new:?} after\n{changed}", rule.name);
            }
        }
    }
    insta::assert_snapshot!("fixes", shown);
}

//! An editor: a text is changed, and then asked about at every place.

use std::sync::Arc;

use super::{
    fixture::CODE,
    shown::{of_json, plain},
};
use crate::{
    Diagnostic, Inputs, SourceFile, System, check,
    diff::Diff,
    is_sys_map,
    language::{Index, Moved, accept, complete, fields, hover, renamable, rename, values},
    read_json, read_toml,
};

/// What reads a map.
type Read = fn(&Arc<SourceFile>) -> (System, Vec<Diagnostic>);

/// `before|removed|inserted|after` is one text and then another: what has stayed is found again, every place can be
/// asked about, and the name behind the change can be changed to what was removed.
pub fn edit(text: &str) {
    let mut parts = text.splitn(4, '|');
    let [before, removed, inserted, after] =
        std::array::from_fn(|_| parts.next().unwrap_or_default());
    let old = [before, removed, after].concat();
    let new = [before, inserted, after].concat();
    moved(&old, &new);
    let read: Read = if is_sys_map(&new) {
        read_json
    } else {
        read_toml
    };
    let was = read(&SourceFile::new("slingshot.toml", old)).0;
    let file = SourceFile::new("slingshot.toml", new);
    let (system, found) = read(&file);
    let index = Index::of(&system, &CODE);
    asked(&index, &system, &file);
    let here = before.len() + inserted.len();
    for found in [fields(&file.text, here), values(&file.text, here)].concat() {
        let replaced = file.text.get(found.range);
        assert!(replaced.is_some(), "{}", found.text);
    }
    for mention in index.at(&file.path, here) {
        if let Ok(edits) = rename(&index, &file, &mention.symbol, removed, read) {
            assert!(!edits.is_empty(), "{:?}", mention.symbol);
        }
    }
    if !is_sys_map(&file.text) {
        accepted(&file, found);
    }
    let diff = Diff::between(&was, &system);
    plain(&diff.text(false));
    plain(&diff.markdown());
    of_json(&diff.json());
}

/// What was not touched reads the same where it is now.
fn moved(old: &str, new: &str) {
    let moved = Moved::between(old, new);
    for byte in 0..=old.len() {
        assert!(moved.byte(byte).is_none_or(|byte| byte <= new.len()));
        let end = old.len().min(byte + 3);
        if let Some(range) = moved.range(byte..end) {
            let there = new.as_bytes().get(range);
            assert_eq!(there, old.as_bytes().get(byte..end));
        }
    }
}

/// What an editor asks at every byte. What it is told to replace is a part of the text.
fn asked(index: &Index, system: &System, file: &Arc<SourceFile>) {
    let mut last = None;
    for byte in 0..=file.text.len() {
        for mention in index.at(&file.path, byte) {
            if last.as_ref() == Some(&(mention.symbol.clone(), mention.span.start)) {
                continue;
            }
            last = Some((mention.symbol.clone(), mention.span.start));
            hover(index, system, &CODE, mention);
            index.targets(mention);
            if let Ok(range) = renamable(mention) {
                assert!(file.text.get(range).is_some());
            }
            for found in complete(index, system, &CODE, &file.path, byte) {
                assert!(file.text.get(found.range).is_some(), "{}", found.text);
            }
        }
    }
}

/// A finding can be accepted, and the text is none the worse for it.
fn accepted(file: &Arc<SourceFile>, mut found: Vec<Diagnostic>) {
    let is_broken = |found: &[Diagnostic]| found.iter().any(|it| it.rule.name == "map-syntax");
    if is_broken(&found) {
        return;
    }
    found.extend(check(&Inputs::of(&read_toml(file).0)));
    for finding in found.iter().take(3) {
        let Some(fix) = accept(finding, file) else {
            continue;
        };
        let mut text = file.text.clone();
        for edit in &fix.edits {
            text.replace_range(edit.span.start..edit.span.end, &edit.text);
        }
        let (_, after) = read_toml(&SourceFile::new("slingshot.toml", text));
        assert!(!is_broken(&after), "{}: {after:?}", fix.title);
    }
}

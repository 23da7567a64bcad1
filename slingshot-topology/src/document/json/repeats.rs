//! Keys that stand twice in one table.

use super::Parser;
use crate::{
    document::{Entry, Mistake, SyntaxError},
    hashing::{HashMap, map_for},
};

/// Up to here, comparing the keys of a table with each other is cheaper than an index of them.
const FEW_KEYS: usize = 12;

impl<'t> Parser<'t> {
    /// Keys that repeat are left out.
    pub(super) fn report_repeats(&mut self, entries: &mut Vec<Entry<'t>>) {
        let again = if entries.len() <= FEW_KEYS {
            repeats_among_few(entries)
        } else {
            repeats(entries)
        };
        for &(first, again) in &again {
            let (first, again) = (&entries[first], &entries[again]);
            let error = SyntaxError {
                range: again.key_range.clone(),
                message: again.key.to_string(),
                mistake: Mistake::DuplicateKey {
                    first: Some(first.key_range.clone()),
                },
            };
            self.report(error);
        }
        if !again.is_empty() {
            let mut again = again.iter().map(|&(_, again)| again).peekable();
            let mut index = 0..;
            entries.retain(|_| {
                again
                    .next_if_eq(&index.next().unwrap_or_default())
                    .is_none()
            });
        }
    }
}

/// Pairs of a key's first place and another, by the latter.
fn repeats_among_few(entries: &[Entry<'_>]) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    for (again, entry) in entries.iter().enumerate().skip(1) {
        let before = entries.iter().take(again);
        let first = before
            .map(|entry| &entry.key)
            .position(|key| *key == entry.key);
        found.extend(first.map(|first| (first, again)));
    }
    found
}

fn repeats(entries: &[Entry<'_>]) -> Vec<(usize, usize)> {
    let mut seen: HashMap<&str, usize> = map_for(entries.len());
    let mut found = Vec::new();
    for (again, entry) in entries.iter().enumerate() {
        let first = *seen.entry(&*entry.key).or_insert(again);
        if first != again {
            found.push((first, again));
        }
    }
    found
}

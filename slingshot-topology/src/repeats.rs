//! What stands twice where it may stand once.

use std::hash::Hash;

use crate::{code::Process, hashing::HashMap, source::Span};

/// Up to here, comparing each with each is quicker than a map.
const FEW: usize = 8;

/// Each item that is like an earlier one, with the first that it is like.
pub(crate) fn repeats<'i, T, K: Eq + Hash>(
    items: &'i [T],
    key: impl Fn(&'i T) -> K,
) -> Vec<(&'i T, &'i T)> {
    let mut found = Vec::new();
    if items.len() <= FEW {
        for (index, item) in items.iter().enumerate() {
            let mut earlier = items[..index].iter();
            let first = earlier.find(|first| key(first) == key(item));
            found.extend(first.map(|first| (first, item)));
        }
        return found;
    }
    let mut known: HashMap<K, &T> = HashMap::default();
    for item in items {
        let first = *known.entry(key(item)).or_insert(item);
        if !std::ptr::eq(first, item) {
            found.push((first, item));
        }
    }
    found
}

/// What code has under a name, and where it runs.
pub(crate) struct Named<'i> {
    pub(crate) name: &'i str,
    pub(crate) at: &'i Span,
    pub(crate) processes: &'i [Process],
}

/// Each item with the name of an earlier one in one of its processes, with that one.
pub(crate) fn same_names<'i, T>(
    items: impl Iterator<Item = &'i T>,
    named: impl Fn(&'i T) -> Named<'i>,
) -> Vec<(&'i T, &'i T)> {
    let mut first_of: HashMap<(&str, Process), &T> = HashMap::default();
    let mut found = Vec::new();
    for item in items {
        let Named {
            name,
            at,
            processes,
        } = named(item);
        let firsts = processes.iter();
        let firsts: Vec<_> = firsts
            .map(|process| *first_of.entry((name, *process)).or_insert(item))
            .collect();
        let first = firsts.into_iter().find(|first| named(first).at != at);
        found.extend(first.map(|first| (first, item)));
    }
    found
}

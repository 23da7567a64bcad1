//! Suggestions for a misspelt name among very many, without comparing it with each.

use std::{cell::OnceCell, collections::BTreeSet};

use crate::hashing::HashMap;

/// Up to here, comparing with each candidate is cheap and finds larger slips too.
const FEW: usize = 200;

/// Longer texts are no slips of the hand: no broker and no object store takes such a name. Comparing two takes the one's
/// length times the other's.
const LONGEST: usize = 255;

/// Candidates for suggestions.
pub(crate) struct Spelling<'s> {
    candidates: Vec<&'s str>,
    neighbours: OnceCell<Neighbours<'s>>,
}

impl<'s> Spelling<'s> {
    pub(crate) fn of(mut candidates: Vec<&'s str>) -> Self {
        candidates.retain(|name| name.len() <= LONGEST);
        Self {
            candidates,
            neighbours: OnceCell::new(),
        }
    }

    /// The candidate that was most likely meant.
    pub(crate) fn nearest(&self, written: &str) -> Option<&'s str> {
        if self.candidates.len() <= FEW {
            return did_you_mean(written, self.candidates.iter().copied());
        }
        let index = || Neighbours::of(self.candidates.iter().copied());
        self.neighbours.get_or_init(index).one_off(written)
    }
}

/// Names under each of the texts that they become without one of their characters: two names that
/// are one edit apart share such a text (Garbe's symmetric deletion).
pub(crate) struct Neighbours<'s>(HashMap<String, Vec<&'s str>>);

impl<'s> Neighbours<'s> {
    pub(crate) fn of(names: impl Iterator<Item = &'s str>) -> Self {
        let mut index: HashMap<String, Vec<&str>> = HashMap::default();
        for name in names.filter(|name| name.len() <= LONGEST) {
            for shorter in deletions(name) {
                index.entry(shorter).or_default().push(name);
            }
        }
        Self(index)
    }

    /// The first name, by alphabet, that one edit makes of the written one.
    pub(crate) fn one_off(&self, written: &str) -> Option<&'s str> {
        if written.len() > LONGEST {
            return None;
        }
        let candidates = deletions(written)
            .into_iter()
            .filter_map(|shorter| self.0.get(&shorter))
            .flatten();
        candidates
            .filter(|name| strsim::osa_distance(name, written) == 1)
            .min()
            .copied()
    }
}

/// The name itself and the name without each of its characters.
fn deletions(name: &str) -> BTreeSet<String> {
    let without = |(at, character): (usize, char)| {
        let mut shorter = name.to_owned();
        shorter.replace_range(at..at + character.len_utf8(), "");
        shorter
    };
    let shorter = name.char_indices().map(without);
    shorter.chain([name.to_owned()]).collect()
}

/// The nearest of the candidates, if it is near enough to be a slip of the hand.
pub fn did_you_mean<'c>(
    written: &str,
    candidates: impl IntoIterator<Item = &'c str>,
) -> Option<&'c str> {
    if written.len() > LONGEST {
        return None;
    }
    // A third of the letters may differ, as in rustc's own suggestions.
    let limit = (written.chars().count() / 3).max(1);
    let close = |candidate: &&str| candidate.len().abs_diff(written.len()) <= 4 * limit;
    candidates
        .into_iter()
        .filter(close)
        .map(|candidate| (strsim::damerau_levenshtein(written, candidate), candidate))
        .filter(|(distance, _)| (1..=limit).contains(distance))
        .min()
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_long_for_a_name_is_not_compared() {
        let long = "x".repeat(5_000_000);
        let longer = long.clone() + "y";
        assert_eq!(Neighbours::of([&*long].into_iter()).one_off(&longer), None);
        assert_eq!(Spelling::of(vec![&long]).nearest(&longer), None);
        assert_eq!(did_you_mean(&longer, [&*long]), None);
    }

    #[test]
    fn every_kind_of_single_edit_is_found_and_two_are_not() {
        let neighbours = Neighbours::of(["words", "thumbnail"].into_iter());
        for (written, meant) in [
            ("word", Some("words")),
            ("wordss", Some("words")),
            ("worbs", Some("words")),
            ("wrods", Some("words")),
            ("words", None),
            ("wo", None),
            ("tumbnial", None),
        ] {
            assert_eq!(neighbours.one_off(written), meant, "{written}");
        }
    }
}

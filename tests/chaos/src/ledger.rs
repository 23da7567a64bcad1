//! What the pipeline must have done, held against what it did.

use std::collections::{BTreeMap, BTreeSet};

use crate::pipeline;

/// What is there at the end.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ledger {
    /// Ids from 1 to this went in.
    pub(crate) fed: u64,
    /// The table `stamped`: part and token.
    pub(crate) stamped: Vec<(u64, u64)>,
    /// The table `tallied`: token, and whether `stamped` had it then.
    pub(crate) tallied: Vec<(u64, bool)>,
    pub(crate) dead_letters: Vec<DeadLetter>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DeadLetter {
    pub(crate) service: String,
    pub(crate) body: String,
    pub(crate) reason: String,
}

/// A message that has left no trace: no effect and no dead letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Lost {
    /// A part that was never stamped.
    Part(u64),
    /// A token that was committed with a part, and never tallied.
    Token { token: u64, part: u64 },
}

/// What is wrong. Empty lists are what the product promises.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub(crate) lost: Vec<Lost>,
    /// Tokens that were published though their transaction was rolled back, or before it was committed.
    pub(crate) rolled_back: Vec<u64>,
    /// Parts that were stamped more than once, with how often.
    pub(crate) stamped_again: Vec<(u64, usize)>,
    /// Tokens that were tallied more than once, with how often.
    pub(crate) tallied_again: Vec<(u64, usize)>,
}

impl Ledger {
    pub(crate) fn verdict(&self) -> Verdict {
        let parked = |service: &str| -> BTreeSet<u64> {
            let letters = self
                .dead_letters
                .iter()
                .filter(|letter| letter.service == service);
            letters
                .filter_map(|letter| letter.body.parse().ok())
                .collect()
        };
        let (wholes, parts, tokens) = (parked("split"), parked("stamp"), parked("tally"));
        let mut stamps = BTreeMap::<u64, usize>::new();
        for (part, _) in &self.stamped {
            *stamps.entry(*part).or_default() += 1;
        }
        let mut tallies = BTreeMap::<u64, usize>::new();
        for (token, _) in &self.tallied {
            *tallies.entry(*token).or_default() += 1;
        }
        let committed: BTreeMap<u64, u64> = self
            .stamped
            .iter()
            .map(|(part, token)| (*token, *part))
            .collect();
        let unstamped = (1..=self.fed)
            .filter(|whole| !wholes.contains(whole))
            .flat_map(pipeline::parts_of)
            .filter(|part| !stamps.contains_key(part) && !parts.contains(part));
        let untallied = committed
            .iter()
            .filter(|(token, _)| !tallies.contains_key(token) && !tokens.contains(token));
        let unknown = self
            .tallied
            .iter()
            .filter(|(token, known)| !known || !committed.contains_key(token));
        Verdict {
            lost: unstamped
                .map(Lost::Part)
                .chain(untallied.map(|(token, part)| Lost::Token {
                    token: *token,
                    part: *part,
                }))
                .collect(),
            rolled_back: unknown.map(|(token, _)| *token).collect(),
            stamped_again: stamps.into_iter().filter(|(_, count)| *count > 1).collect(),
            tallied_again: tallies
                .into_iter()
                .filter(|(_, count)| *count > 1)
                .collect(),
        }
    }
}

impl Verdict {
    pub(crate) fn duplicates(&self) -> usize {
        self.stamped_again.len() + self.tallied_again.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ids 1 and 2: the parts 4, 5 and 8, 9, 10.
    fn in_order() -> Ledger {
        let parts = [4, 5, 8, 9, 10];
        Ledger {
            fed: 2,
            stamped: parts.map(|part| (part, part + 100)).to_vec(),
            tallied: parts.map(|part| (part + 100, true)).to_vec(),
            dead_letters: Vec::new(),
        }
    }

    fn letter(service: &str, body: &str) -> DeadLetter {
        DeadLetter {
            service: service.to_owned(),
            body: body.to_owned(),
            reason: String::new(),
        }
    }

    #[test]
    fn a_pipeline_that_did_its_work_is_found_right() {
        assert_eq!(in_order().verdict(), Verdict::default());
    }

    #[test]
    fn what_left_no_trace_is_lost_and_a_dead_letter_is_a_trace() {
        let mut ledger = in_order();
        ledger.stamped.retain(|(part, _)| ![5, 8].contains(part));
        ledger
            .tallied
            .retain(|(token, _)| ![105, 108, 109].contains(token));
        let token = Lost::Token {
            token: 109,
            part: 9,
        };
        assert_eq!(ledger.verdict().lost, [Lost::Part(5), Lost::Part(8), token]);
        ledger.dead_letters = vec![
            letter("split", "1"),
            letter("stamp", "8"),
            letter("tally", "109"),
        ];
        assert_eq!(ledger.verdict().lost, []);
    }

    #[test]
    fn a_token_without_its_row_is_an_output_of_rolled_back_work() {
        let mut ledger = in_order();
        ledger.tallied.push((999, false));
        ledger.tallied[0].1 = false;
        assert_eq!(ledger.verdict().rolled_back, [104, 999]);
    }

    #[test]
    fn what_was_done_twice_is_a_duplicate() {
        let mut ledger = in_order();
        ledger.stamped.push((4, 777));
        ledger
            .tallied
            .extend([(777, true), (105, true), (105, true)]);
        let verdict = ledger.verdict();
        assert_eq!(verdict.stamped_again, [(4, 2)]);
        assert_eq!(verdict.tallied_again, [(105, 3)]);
        assert_eq!(verdict.lost, []);
    }
}

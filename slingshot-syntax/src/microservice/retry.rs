//! `retry(max = 5, initial = "1s", factor = 2, max_delay = "5m")`, any of them, in any order.

use std::num::NonZeroU32;

use proc_macro2::TokenStream;
use slingshot_settings::{Retry, duration};

use crate::{
    Mistakes,
    words::{Word, WordKind, kind, read_words},
};

pub(super) const EXAMPLE: &str = "retry(max = 5, initial = \"1s\")";

const WORDS: [WordKind; 4] = [
    kind("max", "an integer", "max = 5"),
    kind("initial", "a duration in a string", "initial = \"1s\""),
    kind("factor", "an integer", "factor = 2"),
    kind("max_delay", "a duration in a string", "max_delay = \"5m\""),
];

/// What is left out has its default.
pub(super) fn read(word: &Word, kind: &WordKind, mistakes: &mut Mistakes) -> Option<Retry> {
    let inside = word.words(kind, mistakes)?;
    let mut retry = Retry::DEFAULT;
    let mut right = true;
    let (mut initial_at, mut max_delay_at) = (None, None);
    read_words(
        "its words",
        &WORDS,
        inside,
        mistakes,
        |word, kind, mistakes| {
            let at = Some(word.value());
            let set = match kind.name {
                "max" => word
                    .count(kind, Retry::MOST_ATTEMPTS, mistakes)
                    .map(|max: NonZeroU32| retry.max = max.get()),
                "factor" => word
                    .count(kind, Retry::MOST_FACTOR, mistakes)
                    .map(|factor: NonZeroU32| retry.factor = factor.get()),
                "initial" => word
                    .bounded_duration(kind, Retry::LONGEST_DELAY, mistakes)
                    .map(|initial| (retry.initial, initial_at) = (initial, at)),
                _ => word
                    .bounded_duration(kind, Retry::LONGEST_DELAY, mistakes)
                    .map(|longest| (retry.max_delay, max_delay_at) = (longest, at)),
            };
            right &= set.is_some();
        },
    );
    if right && retry.initial > retry.max_delay {
        too_long(&retry, initial_at, max_delay_at, mistakes);
    }
    Some(retry)
}

fn too_long(
    retry: &Retry,
    initial: Option<TokenStream>,
    max_delay: Option<TokenStream>,
    mistakes: &mut Mistakes,
) {
    let said = |at: &Option<TokenStream>| {
        if at.is_some() {
            ""
        } else {
            " where it is not said"
        }
    };
    let message = format!(
        "`initial` is {}{}, which is longer than `max_delay`, {}{}",
        duration::written(retry.initial),
        said(&initial),
        duration::written(retry.max_delay),
        said(&max_delay),
    );
    mistakes.at(initial.or(max_delay), message);
}

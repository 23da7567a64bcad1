//! `deduplicate` and `deduplicate(keep = "30d")`.

use std::time::Duration;

use crate::{
    Mistakes,
    words::{Word, WordKind, kind, read_words},
};

/// How long a request is remembered, unless it is said: longer than a queue is usually left alone.
const DEFAULT_KEEP: Duration = Duration::from_hours(7 * 24);

/// What is kept longer is an archive.
const LONGEST_KEEP: Duration = Duration::from_hours(3650 * 24);

const WORDS: [WordKind; 1] = [kind("keep", "a duration in a string", "keep = \"30d\"")];

/// How long a request is remembered.
pub(super) fn read(word: &Word, kind: &WordKind, mistakes: &mut Mistakes) -> Option<Duration> {
    if word.is_bare() {
        return Some(DEFAULT_KEEP);
    }
    let inside = word.words(kind, mistakes)?;
    let mut keep = Some(DEFAULT_KEEP);
    read_words(
        "its words",
        &WORDS,
        inside,
        mistakes,
        |word, kind, mistakes| {
            keep = word.bounded_duration(kind, LONGEST_KEEP, mistakes);
        },
    );
    keep
}

//! Which dead letters are meant.

use std::{
    ops::RangeInclusive,
    time::{Duration, SystemTime},
};

use super::DeadLetter;

/// Which dead letters are meant: those that are all that is said here. Nothing said means every letter; a
/// letter of which a thing is not known is not meant by what is said of it.
#[derive(Clone, Debug, Default)]
pub struct LetterFilter {
    /// Its error is of this type.
    pub error_type: Option<String>,
    /// Its error's message, or a cause of it, has this text, in capitals or not.
    pub error: Option<String>,
    /// It carries one of these ids.
    pub ids: Vec<RangeInclusive<u64>>,
    /// It failed for good no longer ago than this.
    pub since: Option<Duration>,
    /// Its last attempt was this one.
    pub attempt: Option<u32>,
    /// It failed in this queue.
    pub original_queue: Option<String>,
}

impl LetterFilter {
    /// Whether every letter is meant.
    pub fn is_empty(&self) -> bool {
        let Self {
            error_type,
            error,
            ids,
            since,
            attempt,
            original_queue,
        } = self;
        error_type.is_none()
            && error.is_none()
            && ids.is_empty()
            && since.is_none()
            && attempt.is_none()
            && original_queue.is_none()
    }

    /// Whether a letter is meant.
    pub fn matches(&self, letter: &DeadLetter, now: SystemTime) -> bool {
        fn is<T: PartialEq>(asked: Option<&T>, found: Option<&T>) -> bool {
            asked.is_none() || asked == found
        }
        is(self.error_type.as_ref(), letter.error_type.as_ref())
            && is(self.original_queue.as_ref(), letter.original_queue.as_ref())
            && is(self.attempt.as_ref(), letter.attempt.as_ref())
            && self.error.as_deref().is_none_or(|text| says(letter, text))
            && (self.ids.is_empty() || self.has_id(letter))
            && self
                .since
                .is_none_or(|since| letter.age(now).is_some_and(|age| age <= since))
    }

    fn has_id(&self, letter: &DeadLetter) -> bool {
        let id = letter.id();
        id.is_some_and(|id| self.ids.iter().any(|ids| ids.contains(&id)))
    }
}

fn says(letter: &DeadLetter, text: &str) -> bool {
    let text = text.to_lowercase();
    let said = [&letter.message, &letter.chain].into_iter().flatten();
    said.map(|it| it.to_lowercase())
        .any(|said| said.contains(&text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_is_meant_when_all_that_is_said_holds() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_mins(29_921_570);
        let letter = DeadLetter {
            body: b"7".to_vec(),
            error_type: Some("error".to_owned()),
            message: Some("no such customer".to_owned()),
            chain: Some("no such customer\nHTTP 404".to_owned()),
            attempt: Some(5),
            failed_at: Some("2026-11-21T20:40:00Z".to_owned()),
            original_queue: Some("in".to_owned()),
            ..DeadLetter::default()
        };
        let check = |filter: LetterFilter, expected: bool| {
            assert_eq!(filter.matches(&letter, now), expected, "{filter:?}");
            let said = !filter.is_empty();
            assert!(
                !said || !filter.matches(&DeadLetter::default(), now),
                "nothing is known of the letter, and still: {filter:?}"
            );
        };
        let all = LetterFilter::default;
        let text = |text: &str| Some(text.to_owned());
        check(all(), true);
        for (error_type, expected) in [("error", true), ("panic", false)] {
            let error_type = text(error_type);
            check(
                LetterFilter {
                    error_type,
                    ..all()
                },
                expected,
            );
        }
        for (error, expected) in [("SUCH customer", true), ("404", true), ("500", false)] {
            let error = text(error);
            check(LetterFilter { error, ..all() }, expected);
        }
        for (ids, expected) in [(vec![1..=2, 7..=7], true), (vec![8..=9], false)] {
            check(LetterFilter { ids, ..all() }, expected);
        }
        for (minutes, expected) in [(10, true), (9, false)] {
            let since = Some(Duration::from_mins(minutes));
            check(LetterFilter { since, ..all() }, expected);
        }
        for (attempt, expected) in [(5, true), (1, false)] {
            let attempt = Some(attempt);
            check(LetterFilter { attempt, ..all() }, expected);
        }
        for (queue, expected) in [("in", true), ("out", false)] {
            let original_queue = text(queue);
            check(
                LetterFilter {
                    original_queue,
                    ..all()
                },
                expected,
            );
        }
        let both = LetterFilter {
            error_type: text("error"),
            attempt: Some(1),
            ..all()
        };
        check(both, false);
    }
}

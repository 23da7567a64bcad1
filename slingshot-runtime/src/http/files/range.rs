//! Which part of a file is asked for: `Range`, as RFC 9110 has it.

use std::ops::Range;

/// What is sent of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Whole,
    /// These bytes, of which there is at least one.
    Bytes(Range<u64>),
    /// What is asked for lies behind the end.
    Nothing,
}

impl Part {
    /// Reads the header's value for a file of so many bytes. What cannot be understood, and several ranges at once,
    /// are answered with the whole file.
    pub(super) fn of(value: &str, size: u64) -> Self {
        let bounds = value.split_once('=').and_then(|(unit, range)| {
            let bytes = unit.trim().eq_ignore_ascii_case("bytes");
            range.trim().split_once('-').filter(|_| bytes)
        });
        let part = match bounds {
            Some(("", length)) => Self::last(length, size),
            Some((first, last)) => Self::between(first, last, size),
            None => None,
        };
        part.unwrap_or(Self::Whole)
    }

    fn last(length: &str, size: u64) -> Option<Self> {
        let length = number(length)?.min(size);
        Some(match (length, size) {
            // Any number of bytes of an empty file is all of it.
            (_, 0) => Self::Whole,
            (0, _) => Self::Nothing,
            _ => Self::Bytes(size - length..size),
        })
    }

    fn between(first: &str, last: &str, size: u64) -> Option<Self> {
        let first = number(first)?;
        let last = match last {
            "" => u64::MAX,
            last => number(last)?,
        };
        if last < first {
            return None;
        }
        Some(if first < size {
            Self::Bytes(first..last.saturating_add(1).min(size))
        } else {
            Self::Nothing
        })
    }
}

/// Digits, and nothing else. What no integer holds is more than any file has.
fn number(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_one_part_of_the_file_or_all_of_it() {
        let check = |value: &str, size: u64, expected: Part| {
            assert_eq!(Part::of(value, size), expected, "{value} of {size}");
        };
        check("bytes=0-0", 10, Part::Bytes(0..1));
        check("bytes=2-5", 10, Part::Bytes(2..6));
        check("bytes=2-", 10, Part::Bytes(2..10));
        check("bytes=-3", 10, Part::Bytes(7..10));
        check("bytes=-30", 10, Part::Bytes(0..10));
        check("bytes=9-100", 10, Part::Bytes(9..10));
        check("Bytes = 1-2", 10, Part::Bytes(1..3));
        check("bytes=0-99999999999999999999", 10, Part::Bytes(0..10));

        check("bytes=10-", 10, Part::Nothing);
        check("bytes=99999999999999999999-", 10, Part::Nothing);
        check("bytes=-0", 10, Part::Nothing);
        check("bytes=0-", 0, Part::Nothing);

        for unread in [
            "bytes=0-1,4-5",
            "bytes=5-2",
            "bytes=-",
            "bytes=a-b",
            "bytes=+1-2",
            "bytes=1 - 2",
            "bytes 1-2",
            "lines=1-2",
            "",
        ] {
            check(unread, 10, Part::Whole);
        }
        check("bytes=-5", 0, Part::Whole);
    }
}

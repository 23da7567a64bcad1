//! Where a place of a text is in another version of it.

use std::ops::Range;

/// One stretch of a text was replaced: what stands before it has stayed, what stands behind it has moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moved {
    /// Where the two texts begin to differ.
    start: usize,
    /// Where they agree again: in the one, and in the other.
    ends: (usize, usize),
}

impl Moved {
    /// From one version of a text to another.
    pub fn between(from: &str, to: &str) -> Self {
        let bytes = from.bytes().zip(to.bytes());
        let start = bytes.take_while(|(one, other)| one == other).count();
        let bytes = from.bytes().rev().zip(to.bytes().rev());
        let most = from.len().min(to.len()) - start;
        let same = bytes.take_while(|(one, other)| one == other).count();
        let same = same.min(most);
        Self {
            start,
            ends: (from.len() - same, to.len() - same),
        }
    }

    /// The place of a byte; none if it was replaced.
    pub fn byte(self, byte: usize) -> Option<usize> {
        let (from, to) = self.ends;
        if byte >= from {
            Some(byte - from + to)
        } else {
            (byte <= self.start).then_some(byte)
        }
    }

    /// The place of a stretch; none if any of it was replaced.
    pub fn range(self, range: Range<usize>) -> Option<Range<usize>> {
        let whole = range.end <= self.start || range.start >= self.ends.0;
        let end = if range.end <= self.start {
            range.end
        } else {
            self.byte(range.end)?
        };
        let start = if range.start >= self.ends.0 && range.end > self.start {
            self.byte(range.start)?
        } else {
            range.start
        };
        whole.then_some(start..end)
    }
}

#[cfg(test)]
mod tests {
    use super::Moved;

    #[test]
    fn what_was_not_touched_is_found_again() {
        let (from, to) = ("one two three", "one 2 and three");
        let moved = Moved::between(from, to);
        let check = |word: &str, expected: Option<&str>| {
            let start = from.find(word).unwrap();
            let range = moved.range(start..start + word.len());
            assert_eq!(range.and_then(|range| to.get(range)), expected, "{word}");
        };
        check("one", Some("one"));
        check("two", None);
        check("three", Some("three"));
        assert_eq!(moved.byte(0), Some(0));
        assert_eq!(moved.byte(5), None);
        assert_eq!(moved.byte(from.len()), Some(to.len()));
    }

    #[test]
    fn the_same_text_and_none_are_versions_too() {
        for (from, to) in [
            ("", ""),
            ("aa", "aa"),
            ("aa", "aaa"),
            ("aaa", "aa"),
            ("", "a"),
            ("a", ""),
        ] {
            let moved = Moved::between(from, to);
            assert_eq!(moved.byte(from.len()), Some(to.len()), "{from:?} {to:?}");
        }
        assert_eq!(Moved::between("ab", "ab").range(0..2), Some(0..2));
    }
}

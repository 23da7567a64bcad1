//! A character too few or too many, and where things lie without that mistake.

use std::ops::Range;

use crate::document::{Mistake, SyntaxError};

/// What has happened to the character. It takes one byte.
#[derive(Clone, Copy, Debug)]
pub(super) enum Change {
    LeftOut(&'static str),
    Added,
}

/// A character that was left out of a text, or is one too many.
#[derive(Clone, Debug)]
pub(in super::super) struct Slip {
    pub(super) change: Change,
    /// The byte before which it is missing, or which is too many.
    pub(in super::super) at: usize,
    /// What to point at.
    pub(super) range: Range<usize>,
    pub(super) message: String,
    pub(super) opened: Option<Range<usize>>,
}

impl Slip {
    /// The text without the mistake.
    pub(in super::super) fn mended(&self, text: &str) -> Option<String> {
        self.mended_within(text, 0..text.len())
    }

    /// A part of the text that it is in, without the mistake.
    pub(super) fn mended_within(&self, text: &str, part: Range<usize>) -> Option<String> {
        let before = text.get(part.start..self.at)?;
        Some(match self.change {
            Change::LeftOut(missing) => [before, missing, text.get(self.at..part.end)?].concat(),
            Change::Added => [before, text.get(self.at + 1..part.end)?].concat(),
        })
    }

    /// The place in the text as it is written of what has one in the mended text.
    pub(super) fn written(&self, mended: Range<usize>) -> Range<usize> {
        let Range { start, end } = mended;
        match self.change {
            Change::LeftOut(_) => {
                let before = |byte: usize| byte - usize::from(byte > self.at);
                before(start)..before(end)
            }
            Change::Added => {
                let start = start + usize::from(start >= self.at);
                start..start.max(end + usize::from(end > self.at))
            }
        }
    }

    /// The same of a text that this one is a part of, from a byte on.
    pub(in super::super) fn further(self, by: usize) -> Self {
        let further = |range: Range<usize>| range.start + by..range.end + by;
        Self {
            at: self.at + by,
            range: further(self.range),
            opened: self.opened.map(further),
            ..self
        }
    }

    pub(super) fn error(&self) -> SyntaxError {
        SyntaxError {
            range: self.range.clone(),
            message: self.message.clone(),
            mistake: Mistake::Grammar {
                opened: self.opened.clone(),
            },
        }
    }
}

//! Where in a text a quote, a brace or a bracket may be missing.

use std::ops::Range;

use crate::document::{Mistake, SyntaxError};

/// How many tokens before a mistake may be what it comes from.
const NEAR: usize = 48;
/// How many lines are tried that begin further left than what is open.
const MOST_OUTDENTED: usize = 4;

/// A character that may be missing.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) missing: &'static str,
    /// The byte before which it is missing.
    pub(super) at: usize,
    /// What to point at.
    range: Range<usize>,
    message: String,
    opened: Option<Range<usize>>,
}

impl Place {
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

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Text,
    Word,
    Mark(u8),
}

/// A piece of the text, and the innermost bracket that is open behind it.
#[derive(Clone, Debug)]
struct Token {
    kind: Kind,
    range: Range<usize>,
    open: Option<usize>,
}

/// What stands before the first mistake, and the token there.
pub(super) struct Tokens<'t> {
    text: &'t str,
    all: Vec<Token>,
}

impl<'t> Tokens<'t> {
    /// The tokens up to the one that is at a byte, or begins behind it.
    pub(super) fn of(text: &'t str, until: usize) -> Self {
        let mut all: Vec<Token> = Vec::new();
        let mut open: Vec<usize> = Vec::new();
        let mut at = 0;
        while let Some(&byte) = text.as_bytes().get(at) {
            let rest = text.get(at..).unwrap_or_default();
            let (kind, length) = match byte {
                b' ' | b'\n' | b'\r' | b'\t' => {
                    at += 1;
                    continue;
                }
                b'"' => (Kind::Text, text_length(rest)),
                b'{' | b'[' | b'}' | b']' | b',' | b':' => (Kind::Mark(byte), 1),
                _ => (Kind::Word, word_length(rest)),
            };
            match byte {
                b'{' | b'[' => open.push(at),
                b'}' | b']' => {
                    open.pop();
                }
                _ => {}
            }
            all.push(Token {
                kind,
                range: at..at + length,
                open: open.last().copied(),
            });
            if at >= until {
                break;
            }
            at += length;
        }
        Self { text, all }
    }

    fn near(&self) -> &[Token] {
        &self.all[self.all.len().saturating_sub(NEAR)..]
    }

    /// The quotes that strings lack, those before the mistake first.
    pub(super) fn quotes(&self) -> Vec<Place> {
        let mut places = Vec::new();
        for token in self.near() {
            let start = token.range.start;
            if token.kind == Kind::Word {
                places.push(Place {
                    missing: "\"",
                    at: start,
                    range: token.range.clone(),
                    message: "a quote is missing before this".to_owned(),
                    opened: None,
                });
            }
            if token.kind != Kind::Text {
                continue;
            }
            let inside = self
                .text
                .get(start + 1..token.range.end)
                .unwrap_or_default();
            let ends = inside.match_indices([',', ':', ']', '}']).map(|(at, _)| at);
            let line = inside.trim_end_matches(['"', ',']).len();
            for at in ends.chain([line]) {
                let at = start + 1 + at;
                places.push(Place {
                    missing: "\"",
                    at,
                    range: start..at,
                    message: "this string has no end".to_owned(),
                    opened: None,
                });
            }
        }
        places
    }

    /// The braces and brackets that what follows a colon, a comma or a bracket lacks, the nearest first.
    pub(super) fn openers(&self) -> Vec<Place> {
        let near = self.near();
        if let [.., before, last] = near
            && let (Kind::Mark(b'}' | b']'), true) = (last.kind, last.kind == before.kind)
        {
            // Rather one too many here than one too few there.
            return Vec::new();
        }
        let begins = |(index, token): (usize, &Token)| {
            let before = match index.checked_sub(1).and_then(|before| near.get(before)) {
                Some(before) => matches!(before.kind, Kind::Mark(b':' | b',' | b'[')),
                None => token.range.start == self.all[0].range.start,
            };
            before.then(|| token.range.clone())
        };
        let begins: Vec<_> = near.iter().enumerate().rev().filter_map(begins).collect();
        let opener = |range: &Range<usize>, missing: &'static str| Place {
            missing,
            at: range.start,
            range: range.start..self.text.ceil_char_boundary(range.start + 1),
            message: format!("`{missing}` is missing before this"),
            opened: None,
        };
        let of = |range| ["{", "["].map(|missing| opener(range, missing));
        begins.iter().flat_map(of).collect()
    }

    /// The braces and brackets that what is open lacks before a mistake.
    pub(super) fn closers(&self) -> Vec<Place> {
        let first = self.all.len().saturating_sub(NEAR);
        let near = first..self.all.len();
        near.filter_map(|index| self.closer(index)).collect()
    }

    /// The same where a line begins no further right than the one of what is open.
    pub(super) fn outdented(&self) -> Vec<Place> {
        let mut places = Vec::new();
        let mut line = None;
        for (index, token) in self.all.iter().enumerate() {
            let own = self.line(token.range.start);
            let is_first = line != Some(own);
            line = Some(own);
            let is_mark = |token: &Token, marks: &[u8]| match token.kind {
                Kind::Mark(mark) => marks.contains(&mark),
                _ => false,
            };
            let Some(mut before) = index.checked_sub(1) else {
                continue;
            };
            if is_mark(&self.all[before], b",") {
                before = before.saturating_sub(1);
            }
            let open = self.all[before].open.map(|open| self.line(open));
            let is_outside =
                open.is_some_and(|open| open != own && self.indent(own) <= self.indent(open));
            if is_first && is_outside && !is_mark(token, b"}],") {
                places.extend(self.closer(before));
            }
            if places.len() == MOST_OUTDENTED {
                break;
            }
        }
        places
    }

    /// The closing bracket that is missing behind a token.
    fn closer(&self, index: usize) -> Option<Place> {
        let token = self.all.get(index)?;
        let open = token.open?;
        let missing = match self.text.as_bytes().get(open) {
            Some(b'{') => "}",
            _ => "]",
        };
        let next = self.all.get(index + 1).map(|next| next.range.start);
        let (range, message) = match next {
            Some(next) => {
                let end = self.text.ceil_char_boundary(next + 1);
                let found = self.text.get(next..end).unwrap_or_default();
                let message = format!("`{missing}` is missing before this `{found}`");
                (next..end, message)
            }
            None => {
                let bracket = self.text.get(open..=open).unwrap_or_default();
                (open..open + 1, format!("this `{bracket}` is never closed"))
            }
        };
        Some(Place {
            missing,
            at: token.range.end,
            opened: next.map(|_| open..open + 1),
            range,
            message,
        })
    }

    /// Where the line of a byte begins.
    fn line(&self, byte: usize) -> usize {
        let before = self.text.get(..byte).unwrap_or_default();
        before.rfind('\n').map_or(0, |end| end + 1)
    }

    fn indent(&self, line: usize) -> usize {
        let rest = self.text.get(line..).unwrap_or_default();
        rest.len() - rest.trim_start_matches([' ', '\t']).len()
    }
}

/// A string ends with its line, closed or not.
fn text_length(rest: &str) -> usize {
    let mut is_escaped = false;
    for (at, byte) in rest.bytes().enumerate().skip(1) {
        match byte {
            b'"' if !is_escaped => return at + 1,
            b'\n' => return at,
            b'\\' => is_escaped = !is_escaped,
            _ => is_escaped = false,
        }
    }
    rest.len()
}

fn word_length(rest: &str) -> usize {
    let ends = |c: char| c.is_ascii_whitespace() || "\"{}[],:".contains(c);
    rest.find(ends).unwrap_or(rest.len())
}

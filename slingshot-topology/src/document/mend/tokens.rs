//! The tokens of a text, as far as its mistakes let one see them.

use std::ops::Range;

use super::slip::Slip;

/// How many tokens before a mistake may be what it comes from.
pub(super) const NEAR: usize = 48;
/// How many bytes behind a mistake show whether it was one.
const AHEAD: usize = 1024;

/// How a text is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Form {
    Json,
    Toml,
}

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Word,
    Mark(u8),
}

/// A piece of the text.
#[derive(Clone, Debug)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) range: Range<usize>,
    /// Where its line begins.
    pub(super) line: usize,
    /// The token of the innermost bracket that is open behind it.
    pub(super) open: Option<usize>,
}

/// What stands before the first mistake, and the token there.
pub(super) struct Tokens<'t> {
    pub(super) text: &'t str,
    pub(super) form: Form,
    /// Where the text does not go on as it must for the first time.
    pub(super) first: usize,
    pub(super) all: Vec<Token>,
}

/// A part of a text.
pub(super) struct Around {
    pub(super) text: String,
    /// Whether the text ends with it.
    pub(super) is_whole: bool,
}

impl<'t> Tokens<'t> {
    /// The tokens up to the one that is at the first mistake, or begins behind it.
    pub(super) fn of(text: &'t str, first: usize, form: Form) -> Self {
        let mut all: Vec<Token> = Vec::new();
        let mut open: Vec<usize> = Vec::new();
        let (mut at, mut line, mut beyond) = (0, 0, None);
        while let Some(&byte) = text.as_bytes().get(at) {
            let rest = text.get(at..).unwrap_or_default();
            let (kind, length) = match byte {
                _ if byte.is_ascii_whitespace() => {
                    at += 1;
                    line = if byte == b'\n' { at } else { line };
                    continue;
                }
                b'#' => {
                    at += rest.find('\n').unwrap_or(rest.len());
                    continue;
                }
                b'/' if form == Form::Json && rest.starts_with("//") => {
                    at += rest.find('\n').unwrap_or(rest.len());
                    continue;
                }
                b'"' => (Kind::Text, text_length(rest)),
                b'\'' if form == Form::Toml => (Kind::Text, text_length(rest)),
                b'{' | b'[' | b'}' | b']' | b',' => (Kind::Mark(byte), 1),
                _ if form.parts() == byte => (Kind::Mark(byte), 1),
                _ => (Kind::Word, word_length(rest, form.parts())),
            };
            match byte {
                b'{' | b'[' => open.push(all.len()),
                b'}' | b']' => {
                    open.pop();
                }
                _ => {}
            }
            all.push(Token {
                kind,
                range: at..at + length,
                line,
                open: open.last().copied(),
            });
            let is_over = at >= first;
            at += length;
            // A parser of TOML names the word before which it lacks something, or the one behind.
            if is_over && (form == Form::Json || all.len() >= beyond.unwrap_or(usize::MAX)) {
                break;
            }
            if is_over {
                beyond.get_or_insert(all.len() + 2);
            }
        }
        Self {
            text,
            form,
            first,
            all,
        }
    }

    /// The last of them.
    pub(super) fn near(&self) -> &[Token] {
        &self.all[self.all.len().saturating_sub(NEAR)..]
    }

    /// What stands around a slip, without it, with nothing but the brackets that are open in place of what is before.
    /// Of JSON: of TOML, a section at a time is looked at.
    pub(super) fn around(&self, slip: &Slip) -> Option<Around> {
        if self.form == Form::Toml {
            return None;
        }
        let sound = slip.at.min(self.first);
        let before = self.all.partition_point(|token| token.range.end <= sound);
        let parts = |token: &Token| matches!(token.kind, Kind::Mark(b'{' | b'[' | b','));
        let last = self.all.get(..before)?.iter().rposition(parts);
        let last = last.and_then(|last| self.all.get(last));
        let mut brackets = Vec::new();
        let mut open = last.and_then(|last| last.open);
        while let Some(index) = open {
            let is_inner = !brackets.is_empty();
            brackets.push(match self.all.get(index)?.kind {
                Kind::Mark(b'{') if is_inner => "{\"\":",
                Kind::Mark(b'{') => "{",
                _ => "[",
            });
            open = self.open_before(index);
        }
        brackets.reverse();
        let start = last.map_or(0, |last| last.range.end);
        let ahead = slip.at.max(self.first) + AHEAD;
        let end = self.text.ceil_char_boundary(ahead);
        let before = brackets.concat();
        Some(Around {
            text: before + &slip.mended_within(self.text, start..end)?,
            is_whole: end == self.text.len(),
        })
    }

    /// The innermost bracket that is open before a token.
    pub(super) fn open_before(&self, index: usize) -> Option<usize> {
        self.all.get(index.checked_sub(1)?)?.open
    }

    /// How far to the right a line begins.
    pub(super) fn indent(&self, line: usize) -> usize {
        let rest = self.text.get(line..).unwrap_or_default();
        rest.len() - rest.trim_start_matches([' ', '\t']).len()
    }
}

impl Form {
    /// What stands between a key and its value.
    pub(super) fn parts(self) -> u8 {
        match self {
            Self::Json => b':',
            Self::Toml => b'=',
        }
    }
}

/// A string ends with its line, closed or not.
fn text_length(rest: &str) -> usize {
    let quote = rest.bytes().next();
    let mut is_escaped = false;
    for (at, byte) in rest.bytes().enumerate().skip(1) {
        match byte {
            _ if Some(byte) == quote && !is_escaped => return at + 1,
            b'\n' => return at,
            b'\\' => is_escaped = !is_escaped,
            _ => is_escaped = false,
        }
    }
    rest.len()
}

fn word_length(rest: &str, parts: u8) -> usize {
    let ends = |c: char| {
        c.is_ascii_whitespace() || "\"{}[],".contains(c) || u32::from(c) == u32::from(parts)
    };
    rest.find(ends).unwrap_or(rest.len())
}

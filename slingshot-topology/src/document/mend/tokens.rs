//! The tokens of a text, as far as its mistakes let one see them.

use std::ops::Range;

/// How many tokens before a mistake may be what it comes from.
pub(super) const NEAR: usize = 48;

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

/// A piece of the text, and the innermost bracket that is open behind it.
#[derive(Clone, Debug)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) range: Range<usize>,
    pub(super) open: Option<usize>,
}

/// What stands before the first mistake, and the token there.
pub(super) struct Tokens<'t> {
    pub(super) text: &'t str,
    pub(super) form: Form,
    pub(super) all: Vec<Token>,
}

impl<'t> Tokens<'t> {
    /// The tokens up to the one that is at a byte, or begins behind it.
    pub(super) fn of(text: &'t str, until: usize, form: Form) -> Self {
        let mut all: Vec<Token> = Vec::new();
        let mut open: Vec<usize> = Vec::new();
        let (mut at, mut beyond) = (0, None);
        while let Some(&byte) = text.as_bytes().get(at) {
            let rest = text.get(at..).unwrap_or_default();
            let (kind, length) = match byte {
                b' ' | b'\n' | b'\r' | b'\t' => {
                    at += 1;
                    continue;
                }
                b'#' if form == Form::Toml => {
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
            let is_over = at >= until;
            at += length;
            // A parser of TOML names the word before which it lacks something, or the one behind.
            if is_over && (form == Form::Json || all.len() >= beyond.unwrap_or(usize::MAX)) {
                break;
            }
            if is_over {
                beyond.get_or_insert(all.len() + 2);
            }
        }
        Self { text, form, all }
    }

    /// The last of them.
    pub(super) fn near(&self) -> &[Token] {
        &self.all[self.all.len().saturating_sub(NEAR)..]
    }

    /// Where the line of a byte begins.
    pub(super) fn line(&self, byte: usize) -> usize {
        let before = self.text.get(..byte).unwrap_or_default();
        before.rfind('\n').map_or(0, |end| end + 1)
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

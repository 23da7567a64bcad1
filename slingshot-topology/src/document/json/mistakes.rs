//! Where the text does not go on as it must: what is said, and where it makes sense again.

use std::{borrow::Cow, ops::Range};

use super::{DEEPEST, Parser};
use crate::document::{Mistake, SyntaxError, Value};

/// Who has mended these sees the others.
pub(super) const MOST_ERRORS: usize = 100;

/// Where a word ends that has no quotes.
const PUNCTUATION: &[u8] = b",:{}[]\"'=/";

impl<'t> Parser<'t> {
    /// A place where the text does not go on as it must, unless that follows from the mistake before.
    pub(super) fn mistake(&mut self, range: Range<usize>, message: impl Into<String>) {
        self.mistake_since(range, message, None);
    }

    pub(super) fn is_mistaken(&mut self) {
        self.mistakes += 1;
        self.first.get_or_insert(self.at);
        if self.stops {
            self.at = self.text.len();
        }
    }

    fn mistake_since(
        &mut self,
        range: Range<usize>,
        message: impl Into<String>,
        opened: Option<Range<usize>>,
    ) {
        self.is_mistaken();
        if !std::mem::replace(&mut self.is_quiet, true) {
            self.report(SyntaxError {
                range,
                message: message.into(),
                mistake: Mistake::Grammar { opened },
            });
        }
    }

    /// A mistake that leaves no doubt about what is meant.
    pub(super) fn aside(&mut self, range: Range<usize>, message: impl Into<String>) {
        self.report(SyntaxError {
            range,
            message: message.into(),
            mistake: Mistake::Grammar { opened: None },
        });
    }

    /// Whether the rest is not read because of how much is wrong with what was.
    pub(super) fn has_given_up(&self) -> bool {
        self.errors.len() > MOST_ERRORS
    }

    pub(super) fn report(&mut self, error: SyntaxError) {
        if self.errors.len() < MOST_ERRORS {
            self.errors.push(error);
        } else if self.errors.len() == MOST_ERRORS {
            self.errors.push(SyntaxError {
                message: format!(
                    "there are more mistakes than these {MOST_ERRORS}, and the rest is not read"
                ),
                ..error
            });
            self.has_ended = true;
            self.at = self.text.len();
        }
    }

    /// Space between two tokens, and what others take for it.
    pub(super) fn space(&mut self) {
        loop {
            match self.peek() {
                Some(b' ' | b'\n' | b'\r' | b'\t') => self.at += 1,
                Some(b'/' | b'#') => {
                    if !self.comment() {
                        return;
                    }
                }
                Some(0..=0x1f | 0x7f..) => {
                    if !self.invisible() {
                        return;
                    }
                }
                _ => return,
            }
        }
    }

    fn comment(&mut self) -> bool {
        let start = self.at;
        let rest = self.slice(start..self.text.len());
        let length = if let Some(inside) = rest.strip_prefix("/*") {
            inside.find("*/").map_or(rest.len(), |end| end + 4)
        } else if rest.starts_with("//") || rest.starts_with('#') {
            rest.find('\n').unwrap_or(rest.len())
        } else {
            return false;
        };
        self.at = start + length;
        self.aside(start..start + length, "JSON has no comments");
        true
    }

    fn invisible(&mut self) -> bool {
        let start = self.at;
        let rest = self.slice(start..self.text.len());
        let Some(character) = rest.chars().next() else {
            return false;
        };
        let is_zero_width = matches!(character, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}');
        if !(character.is_whitespace() || character.is_control() || is_zero_width) {
            return false;
        }
        self.at = start + character.len_utf8();
        let code = u32::from(character);
        let message = format!("the invisible character U+{code:04X} is no space of JSON");
        self.aside(start..self.at, message);
        true
    }

    pub(super) fn byte_order_mark(&mut self) {
        if self.text.starts_with('\u{feff}') {
            self.at = 3;
            self.aside(
                0..3,
                "the file begins with a byte order mark, which JSON does not have",
            );
        }
    }

    /// Whether a bracket of this kind is open somewhere.
    pub(super) fn is_open(&self, close: u8) -> bool {
        match close {
            b'}' => self.braces > 0,
            _ => self.brackets > 0,
        }
    }

    pub(super) fn unclosed_before(&mut self, opened: usize, expected: u8, found: u8) {
        let (expected, found) = (char::from(expected), char::from(found));
        self.mistake_since(
            self.at..self.at + 1,
            format!("`{expected}` is missing before this `{found}`"),
            Some(opened..opened + 1),
        );
    }

    /// The end of the text, too early. It is one mistake, however much is open.
    pub(super) fn unclosed(&mut self, opened: usize) {
        self.is_mistaken();
        if !std::mem::replace(&mut self.has_ended, true) && !self.is_quiet {
            let bracket = self.slice(opened..opened + 1);
            let message = format!("this `{bracket}` is never closed");
            self.aside(opened..opened + 1, message);
        }
    }

    pub(super) fn skip(&mut self, message: &str) {
        let start = self.at;
        self.at = self.text.ceil_char_boundary(start + 1);
        self.mistake(start..self.at, message);
    }

    /// To the next comma or bracket that closes, past whatever opens and closes before it.
    pub(super) fn recover(&mut self) {
        let mut open = 0_usize;
        while let Some(byte) = self.peek() {
            match byte {
                b'"' => {
                    self.string();
                    continue;
                }
                b'{' | b'[' => open += 1,
                b'}' | b']' | b',' if open == 0 => return,
                b'}' | b']' => open -= 1,
                _ => {}
            }
            self.at += 1;
        }
    }

    pub(super) fn too_deep(&mut self) -> Value<'t> {
        let start = self.at;
        self.at += 1;
        let message = format!("nested deeper than {DEEPEST} levels");
        self.mistake(start..start + 1, message);
        let mut open = 1_usize;
        while let Some(byte) = self.peek().filter(|_| open > 0) {
            match byte {
                b'"' => {
                    self.string();
                    continue;
                }
                b'{' | b'[' => open += 1,
                b'}' | b']' => open -= 1,
                _ => {}
            }
            self.at += 1;
        }
        Value::Null
    }

    /// Something else where a value must be.
    pub(super) fn no_value(&mut self) -> Value<'t> {
        match self.peek() {
            // The end of the text is a mistake of its own.
            None => self.is_mistaken(),
            Some(b'\'') => return self.single_quoted().map_or(Value::Null, Value::Text),
            Some(byte) if PUNCTUATION.contains(&byte) => {
                let (start, found) = (self.at, char::from(byte));
                let message = format!("a value is missing before this `{found}`");
                self.mistake(start..start + 1, message);
            }
            Some(_) => {
                let start = self.at;
                let word = self.take_unquoted();
                self.mistake(start..self.at, said_of(word));
            }
        }
        Value::Null
    }

    /// A key: in double quotes, or what was meant as one.
    pub(super) fn key(&mut self) -> Option<Cow<'t, str>> {
        let start = self.at;
        match self.peek() {
            Some(b'"') => self.string(),
            Some(b'\'') => self.single_quoted(),
            Some(byte) if PUNCTUATION.contains(&byte) => {
                self.mistake(start..start + 1, "a key is missing before this");
                None
            }
            _ => {
                let word = self.take_unquoted();
                if !self.is_quiet {
                    self.aside(start..self.at, "keys are written in double quotes");
                }
                Some(word.into())
            }
        }
    }

    /// A word without quotes, with the quote behind it if that closes what nothing has opened.
    fn take_unquoted(&mut self) -> &'t str {
        let start = self.at;
        let rest = &self.text.as_bytes()[start..];
        let ends = |byte: &u8| byte.is_ascii_whitespace() || PUNCTUATION.contains(byte);
        let length = rest.iter().position(ends).unwrap_or(rest.len());
        self.at += length;
        let word = self.slice(start..self.at);
        let after = rest.get(length + 1);
        let closes = after.is_none_or(|byte| byte.is_ascii_whitespace() || b",:]}".contains(byte));
        if self.peek() == Some(b'"') && closes {
            self.at += 1;
        }
        word
    }

    /// A word of the language, with nothing behind it that would make another of it.
    pub(super) fn take_word(&mut self, word: &str) -> bool {
        let rest = &self.text.as_bytes()[self.at..];
        let is_longer = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_' || *byte >= 0x80;
        if !rest.starts_with(word.as_bytes()) || rest.get(word.len()).is_some_and(is_longer) {
            return false;
        }
        self.is_quiet = false;
        self.at += word.len();
        true
    }
}

/// A word is not repeated: it may be a password that lacks its quotes.
fn said_of(word: &str) -> &'static str {
    let is_number = word.starts_with(|first: char| first.is_ascii_digit() || "+-.".contains(first));
    match word {
        _ if word.eq_ignore_ascii_case("true") => "write `true`",
        _ if word.eq_ignore_ascii_case("false") => "write `false`",
        "None" | "nil" | "undefined" | "NULL" | "Null" => "write `null`",
        "NaN" | "Infinity" => "JSON has no such number",
        _ if is_number => "this is no number of JSON",
        _ => "this is no value of JSON: strings are written in double quotes",
    }
}

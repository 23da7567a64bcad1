//! Strings. One without an escape is borrowed from the text.

use std::borrow::Cow;

use super::Parser;

impl<'t> Parser<'t> {
    /// At its first quote; none if the string has no end.
    pub(super) fn string(&mut self) -> Option<Cow<'t, str>> {
        let start = self.at + 1;
        let rest = self.text.as_bytes().get(start..).unwrap_or_default();
        let length = rest.iter().position(|&byte| stops(byte));
        let end = start + length.unwrap_or(rest.len());
        if self.text.as_bytes().get(end) == Some(&b'"') {
            self.is_quiet = false;
            self.at = end + 1;
            return Some(Cow::Borrowed(self.slice(start..end)));
        }
        self.escaped(end)
    }

    /// The same from the first byte on that is not as it stands.
    fn escaped(&mut self, mut at: usize) -> Option<Cow<'t, str>> {
        let opened = self.at;
        let mut value = self.slice(opened + 1..at).to_owned();
        loop {
            match self.text.as_bytes().get(at) {
                Some(b'"') => {
                    self.is_quiet = false;
                    self.at = at + 1;
                    return Some(Cow::Owned(value));
                }
                Some(b'\\') => {
                    self.at = at;
                    value.push(self.escape());
                    at = self.at;
                }
                None | Some(b'\n' | b'\r') => {
                    self.at = at;
                    self.mistake(opened..at, "this string has no end");
                    // What was open before it stays open for the same reason.
                    self.has_ended |= at == self.text.len();
                    return None;
                }
                Some(byte @ 0..=0x1f) => {
                    let escape = match byte {
                        b'\t' => "\\t".to_owned(),
                        byte => format!("\\u{byte:04x}"),
                    };
                    value.push(char::from(*byte));
                    at += 1;
                    self.aside(
                        at - 1..at,
                        format!("in a string, this is written `{escape}`"),
                    );
                }
                Some(_) => {
                    let rest = self.text.as_bytes().get(at..).unwrap_or_default();
                    let length = rest.iter().position(|&byte| stops(byte));
                    let end = at + length.unwrap_or(rest.len());
                    value.push_str(self.slice(at..end));
                    at = end;
                }
            }
            if self.has_given_up() {
                return None;
            }
        }
    }

    /// At a backslash.
    fn escape(&mut self) -> char {
        let start = self.at;
        let escaped = self.text.as_bytes().get(start + 1).copied();
        self.at = start + 2;
        match escaped {
            Some(byte @ (b'"' | b'\\' | b'/')) => char::from(byte),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => self.code_point(start),
            _ => {
                // What follows a backslash that escapes nothing is read for itself.
                self.at = start + 1;
                self.aside(start..start + 1, "a backslash is written `\\\\`");
                '\\'
            }
        }
    }

    /// Behind a `\u`.
    fn code_point(&mut self, start: usize) -> char {
        let Some(first) = self.four_digits() else {
            let end = self.at;
            self.aside(start..end, "`\\u` is followed by four hexadecimal digits");
            return char::REPLACEMENT_CHARACTER;
        };
        let after = self.at;
        let is_high = (0xd800..0xdc00).contains(&first);
        if is_high && self.slice(after..after + 2) == "\\u" {
            self.at = after + 2;
            let second = self
                .four_digits()
                .filter(|it| (0xdc00..0xe000).contains(it));
            if let Some(second) = second {
                let code = 0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00);
                return char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
            }
            self.at = after;
        }
        char::from_u32(first).unwrap_or_else(|| {
            self.aside(
                start..after,
                "this is half of a character: its other half is missing",
            );
            char::REPLACEMENT_CHARACTER
        })
    }

    fn four_digits(&mut self) -> Option<u32> {
        let digits = self.text.get(self.at..self.at + 4)?;
        let are_digits = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        let code = u32::from_str_radix(digits, 16)
            .ok()
            .filter(|_| are_digits)?;
        self.at += 4;
        Some(code)
    }

    /// As other languages write strings: understood, and reported.
    pub(super) fn single_quoted(&mut self) -> Option<Cow<'t, str>> {
        let start = self.at;
        let rest = self.text.as_bytes().get(start + 1..).unwrap_or_default();
        let end = rest.iter().position(|&byte| byte == b'\'' || byte == b'\n');
        let end = start + 1 + end.unwrap_or(rest.len());
        if self.text.as_bytes().get(end) != Some(&b'\'') {
            self.at = end;
            self.mistake(start..end, "this string has no end");
            return None;
        }
        self.at = end + 1;
        self.aside(start..end + 1, "strings are written in double quotes");
        Some(Cow::Borrowed(self.slice(start + 1..end)))
    }
}

fn stops(byte: u8) -> bool {
    byte < 0x20 || byte == b'"' || byte == b'\\'
}

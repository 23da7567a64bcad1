//! SQL text as tokens: just enough of `PostgreSQL`'s lexical rules to tell words from what is inside
//! strings, quoted names and comments (manual, section 4.1).

use std::ops::Range;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// A keyword or a plain name, as written.
    Word(&'a [u8]),
    /// A name in double quotes, quotes included.
    Quoted(&'a [u8]),
    /// A string of any kind.
    Text,
    /// Any other single byte.
    Symbol(u8),
}

impl Token<'_> {
    pub(super) fn is_word(&self, word: &str) -> bool {
        matches!(self, Self::Word(written) if written.eq_ignore_ascii_case(word.as_bytes()))
    }
}

/// The tokens of a text with their places in it.
#[derive(Debug)]
pub(super) struct Tokens<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Tokens<'a> {
    pub(super) fn of(text: &'a [u8]) -> Self {
        Self { text, at: 0 }
    }

    fn rest(&self) -> &'a [u8] {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn skip_blanks_and_comments(&mut self) {
        loop {
            let rest = self.rest();
            let blank = rest
                .iter()
                .take_while(|byte| byte.is_ascii_whitespace())
                .count();
            self.at += match rest {
                _ if blank > 0 => blank,
                [b'-', b'-', ..] => length_until(rest, |byte| byte == b'\n'),
                [b'/', b'*', ..] => block_comment(rest),
                _ => return,
            };
        }
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = (Range<usize>, Token<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        self.skip_blanks_and_comments();
        let rest = self.rest();
        let first = *rest.first()?;
        let (length, token) = match rest {
            [b'\'', ..] => (quoted(rest, b'\'', false), Token::Text),
            [b'e' | b'E', b'\'', string @ ..] => (
                1 + quoted(&rest[1..], b'\'', true).min(string.len() + 1),
                Token::Text,
            ),
            [b'"', ..] => {
                let length = quoted(rest, b'"', false);
                (length, Token::Quoted(&rest[..length]))
            }
            [b'$', ..] => match dollar_quoted(rest) {
                Some(length) => (length, Token::Text),
                None => (1, Token::Symbol(b'$')),
            },
            _ if begins_word(first) => {
                let length = length_until(rest, |byte| !continues_word(byte));
                (length, Token::Word(&rest[..length]))
            }
            _ => (1, Token::Symbol(first)),
        };
        let start = self.at;
        self.at += length;
        Some((start..self.at, token))
    }
}

fn begins_word(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80
}

fn continues_word(byte: u8) -> bool {
    begins_word(byte) || byte.is_ascii_digit() || byte == b'$'
}

fn length_until(bytes: &[u8], ends: impl Fn(u8) -> bool) -> usize {
    bytes
        .iter()
        .position(|byte| ends(*byte))
        .unwrap_or(bytes.len())
}

/// The length of a string or name in `quote`s; a doubled quote is one of its characters.
fn quoted(bytes: &[u8], quote: u8, backslash_escapes: bool) -> usize {
    let mut at = 1;
    while let Some(byte) = bytes.get(at) {
        if *byte == b'\\' && backslash_escapes {
            at += 2;
        } else if *byte != quote {
            at += 1;
        } else if bytes.get(at + 1) == Some(&quote) {
            at += 2;
        } else {
            return at + 1;
        }
    }
    bytes.len()
}

/// The length of `$tag$…$tag$`, where it is one and not a parameter such as `$1`.
fn dollar_quoted(bytes: &[u8]) -> Option<usize> {
    let inner = bytes.get(1..)?;
    let tag = length_until(inner, |byte| !continues_word(byte) || byte == b'$');
    if inner.get(tag) != Some(&b'$') || inner.first().is_some_and(u8::is_ascii_digit) {
        return None;
    }
    let delimiter = bytes.get(..tag + 2)?;
    let body = bytes.get(tag + 2..)?;
    let end = body
        .windows(delimiter.len())
        .position(|window| window == delimiter);
    Some(end.map_or(bytes.len(), |end| end + 2 * delimiter.len()))
}

/// The length of a block comment; they nest.
fn block_comment(bytes: &[u8]) -> usize {
    let (mut at, mut depth) = (2, 1);
    while depth > 0 {
        match bytes.get(at..) {
            Some([b'/', b'*', ..]) => (at, depth) = (at + 2, depth + 1),
            Some([b'*', b'/', ..]) => (at, depth) = (at + 2, depth - 1),
            Some([_, ..]) => at += 1,
            _ => return bytes.len(),
        }
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let tokens: Vec<_> = Tokens::of(text.as_bytes())
            .filter_map(|(range, _)| text.get(range))
            .collect();
        assert_eq!(tokens, expected, "{text}");
    }

    #[test]
    fn strings_names_and_comments_are_one_token_or_none() {
        check("select 'a;''b' -- c\n, 1", &["select", "'a;''b'", ",", "1"]);
        check(
            r"select E'a\';b', 'c\'",
            &["select", r"E'a\';b'", ",", r"'c\'"],
        );
        check(r#"copy "a ""b;" from"#, &["copy", r#""a ""b;""#, "from"]);
        check("/* a /* b */ ; */ end", &["end"]);
        check(
            "do $x$ ; $$ ; $x$; $1",
            &["do", "$x$ ; $$ ; $x$", ";", "$", "1"],
        );
    }

    #[test]
    fn what_never_closes_reaches_to_the_end() {
        for text in [
            "'a", "E'a", "E'a\\", "\"a", "$$ a", "/* a", "-- a", "E'", "$a",
        ] {
            assert!(
                Tokens::of(text.as_bytes()).all(|(range, _)| range.end <= text.len()),
                "{text}"
            );
        }
    }
}

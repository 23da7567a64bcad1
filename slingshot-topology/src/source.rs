//! Source files and the places in them that diagnostics point at.

use std::{
    fmt,
    ops::Range,
    string::FromUtf8Error,
    sync::{Arc, OnceLock},
};

/// A text that was read from somewhere, under the path that diagnostics print.
pub struct SourceFile {
    /// The path as it is printed.
    pub path: String,
    /// The whole text.
    pub text: String,
    line_starts: OnceLock<Vec<usize>>,
    misencoded: Option<Misencoded>,
}

/// The first byte of a file that is no UTF-8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Misencoded {
    /// Where it is in the text as far as that could be told.
    pub(crate) at: usize,
    /// What the file is instead.
    pub(crate) message: &'static str,
}

/// A place in a text, counted from 1; columns count characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The character in the line.
    pub column: usize,
}

/// A range of bytes in a file.
#[derive(Clone)]
pub struct Span {
    /// The file.
    pub file: Arc<SourceFile>,
    /// The first byte.
    pub start: usize,
    /// The byte after the last.
    pub end: usize,
}

/// A value and where it was written.
#[derive(Clone, Debug)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Where it was written.
    pub span: Span,
}

impl SourceFile {
    /// A file that spans can point into.
    pub fn new(path: impl Into<String>, text: impl Into<String>) -> Arc<Self> {
        Arc::new(Self {
            path: path.into(),
            text: text.into(),
            line_starts: OnceLock::new(),
            misencoded: None,
        })
    }

    /// A file as it was read from somewhere. What is no UTF-8 is replaced, and whoever reads the file
    /// reports it.
    pub fn decode(path: impl Into<String>, bytes: Vec<u8>) -> Arc<Self> {
        let (text, misencoded) = match String::from_utf8(bytes) {
            Ok(text) => (text, None),
            Err(error) => misencoded(&error),
        };
        Arc::new(Self {
            path: path.into(),
            text,
            line_starts: OnceLock::new(),
            misencoded,
        })
    }

    pub(crate) fn misencoded(&self) -> Option<Misencoded> {
        self.misencoded
    }

    /// A span of this file, cut to the file's length and to whole characters.
    pub fn span(self: &Arc<Self>, range: Range<usize>) -> Span {
        let start = self.text.floor_char_boundary(range.start);
        let end = self.text.ceil_char_boundary(range.end.max(start));
        Span {
            file: Arc::clone(self),
            start,
            end,
        }
    }

    /// The span from a line and column to another, as Rust's parsers count: lines from 1, columns in
    /// characters from 0.
    pub fn span_between(
        self: &Arc<Self>,
        (start_line, start_column): (usize, usize),
        (end_line, end_column): (usize, usize),
    ) -> Span {
        self.span(self.byte_at(start_line, start_column)..self.byte_at(end_line, end_column))
    }

    /// The line and column of a byte.
    pub fn position(&self, byte: usize) -> Position {
        let byte = self.text.floor_char_boundary(byte);
        let starts = self.line_starts();
        let line = starts.partition_point(|&start| start <= byte);
        let line_start = starts.get(line - 1).copied().unwrap_or_default();
        let before = self.text.get(line_start..byte).unwrap_or_default();
        Position {
            line,
            column: before.chars().count() + 1,
        }
    }

    /// The lines that hold a range of bytes, whole, and the number of the first.
    pub(crate) fn lines_around(&self, range: Range<usize>) -> (usize, Range<usize>) {
        let starts = self.line_starts();
        let first = starts.partition_point(|&start| start <= range.start);
        let last = starts.partition_point(|&start| start <= range.end);
        let start = starts.get(first - 1).copied().unwrap_or_default();
        let end = starts.get(last).copied().unwrap_or(self.text.len());
        (first, start..end)
    }

    fn byte_at(&self, line: usize, column: usize) -> usize {
        let starts = self.line_starts();
        let Some(&start) = starts.get(line.saturating_sub(1)) else {
            return self.text.len();
        };
        let rest = self.text.get(start..).unwrap_or_default();
        let offset = rest.char_indices().nth(column).map(|(offset, _)| offset);
        start + offset.unwrap_or(rest.len())
    }

    /// Never empty: the first line starts at 0.
    fn line_starts(&self) -> &[usize] {
        self.line_starts.get_or_init(|| {
            let after_breaks = self.text.match_indices('\n').map(|(at, _)| at + 1);
            std::iter::once(0).chain(after_breaks).collect()
        })
    }
}

/// Editors of another time, and the redirections of some shells, write UTF-16.
fn misencoded(error: &FromUtf8Error) -> (String, Option<Misencoded>) {
    let bytes = error.as_bytes();
    let utf_16 = |to_unit: fn([u8; 2]) -> u16| {
        let pairs = bytes.chunks_exact(2).skip(1);
        let units = pairs.map(|pair| to_unit([pair[0], pair[1]]));
        let characters = char::decode_utf16(units);
        characters
            .map(|character| character.unwrap_or(char::REPLACEMENT_CHARACTER))
            .collect()
    };
    let text = match bytes {
        [0xff, 0xfe, ..] => utf_16(u16::from_le_bytes),
        [0xfe, 0xff, ..] => utf_16(u16::from_be_bytes),
        _ => {
            let misencoded = Misencoded {
                at: error.utf8_error().valid_up_to(),
                message: "the file is not UTF-8: this byte belongs to no character",
            };
            return (
                String::from_utf8_lossy(bytes).into_owned(),
                Some(misencoded),
            );
        }
    };
    let misencoded = Misencoded {
        at: 0,
        message: "the file is UTF-16, and must be UTF-8",
    };
    (text, Some(misencoded))
}

/// The path alone: the text would drown whatever is being debugged.
impl fmt::Debug for SourceFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SourceFile")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

impl Span {
    /// Where the span starts.
    pub fn start_position(&self) -> Position {
        self.file.position(self.start)
    }

    /// The position after the span's last character.
    pub fn end_position(&self) -> Position {
        self.file.position(self.end)
    }

    /// What is written there.
    pub fn text(&self) -> &str {
        self.file.text.get(self.start..self.end).unwrap_or_default()
    }

    /// What stands between the line break and here, with the break; a space where something else does.
    pub(crate) fn indent(&self) -> &str {
        let before = self.file.text.get(..self.start).unwrap_or_default();
        let line_break = before.rfind('\n').unwrap_or_default();
        let indent = before.get(line_break..).unwrap_or_default();
        let is_indent = indent.starts_with('\n') && indent.trim().is_empty();
        if is_indent { indent } else { " " }
    }

    /// Whether the other lies within this one.
    pub(crate) fn contains(&self, other: &Self) -> bool {
        self.file.path == other.file.path && self.start <= other.start && other.end <= self.end
    }

    /// Files by path, then places by byte.
    pub(crate) fn order(&self) -> (&str, usize, usize) {
        (&self.file.path, self.start, self.end)
    }
}

impl PartialEq for Span {
    fn eq(&self, other: &Self) -> bool {
        self.order() == other.order()
    }
}

impl Eq for Span {}

/// `path:line:column`.
impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Position { line, column } = self.start_position();
        write!(f, "{}:{line}:{column}", self.file.path)
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<T> Spanned<T> {
    /// A value and where it was written.
    pub fn new(value: T, span: Span) -> Self {
        Self { value, span }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_and_lines_start_at_one() {
        let file = SourceFile::new("a.toml", "x = 1\nä = \"ü\"\n");
        let span = file.span(11..15);
        assert_eq!(span.text(), "\"ü\"");
        assert_eq!(span.to_string(), "a.toml:2:5");
        assert_eq!(span.end_position(), Position { line: 2, column: 8 });
    }

    #[test]
    fn a_span_past_the_end_or_inside_a_character_is_moved_to_a_legal_place() {
        let file = SourceFile::new("a", "ü");
        assert_eq!(file.span(1..99).text(), "ü");
    }

    #[test]
    fn a_file_of_another_encoding_is_read_as_far_as_it_goes() {
        let read = |bytes: &[u8]| {
            let file = SourceFile::decode("a", bytes.to_vec());
            (file.text.clone(), file.misencoded().map(|it| it.at))
        };
        assert_eq!(read("ü".as_bytes()), ("ü".to_owned(), None));
        assert_eq!(read(b"a \xe9 b"), ("a \u{fffd} b".to_owned(), Some(2)));
        assert_eq!(read(b"\xff\xfea\0\xe9\0"), ("aé".to_owned(), Some(0)));
        assert_eq!(read(b"\xfe\xff\0a\0\xe9\xd8"), ("aé".to_owned(), Some(0)));
    }

    #[test]
    fn a_parsers_line_and_column_find_the_same_bytes() {
        let file = SourceFile::new("a.rs", "fn a() {}\n  ünder\n");
        assert_eq!(file.span_between((2, 2), (2, 7)).text(), "ünder");
        assert_eq!(file.span_between((9, 0), (9, 5)).text(), "");
    }
}

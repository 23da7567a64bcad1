//! Source files and the places in them that diagnostics point at.

use std::{
    fmt,
    ops::Range,
    sync::{Arc, OnceLock},
};

/// A text that was read from somewhere, under the path that diagnostics print.
pub struct SourceFile {
    /// The path as it is printed.
    pub path: String,
    /// The whole text.
    pub text: String,
    line_starts: OnceLock<Vec<usize>>,
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
        })
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
    fn a_parsers_line_and_column_find_the_same_bytes() {
        let file = SourceFile::new("a.rs", "fn a() {}\n  ünder\n");
        assert_eq!(file.span_between((2, 2), (2, 7)).text(), "ünder");
        assert_eq!(file.span_between((9, 0), (9, 5)).text(), "");
    }
}

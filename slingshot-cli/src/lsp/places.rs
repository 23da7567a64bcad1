//! Places as the protocol has them: files by URI, characters by line and column.

use std::{
    ffi::OsStr,
    os::unix::ffi::{OsStrExt as _, OsStringExt as _},
    path::{Path, PathBuf},
};

use line_index::{LineCol, LineIndex, TextSize, WideEncoding, WideLineCol};
use lsp_types::{Position, Uri};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, percent_encode};

/// What stands in a URI's path as it is.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'/')
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The file of a URI; none for what is no file of this machine, such as a text without a name.
pub(super) fn path_of(uri: &Uri) -> Option<PathBuf> {
    let rest = uri.as_str().strip_prefix("file://")?;
    let path = rest.strip_prefix("localhost").unwrap_or(rest);
    let path: Vec<u8> = percent_decode_str(path).collect();
    let path = PathBuf::from(std::ffi::OsString::from_vec(path));
    path.is_absolute().then_some(path)
}

/// The URI of a file.
pub(super) fn uri_of(path: &Path) -> Option<Uri> {
    let path: &OsStr = path.as_os_str();
    let uri = format!("file://{}", percent_encode(path.as_bytes(), ENCODED));
    uri.parse().ok()
}

/// How the editor counts columns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Columns {
    /// In bytes.
    Utf8,
    /// In the units that every editor knows.
    #[default]
    Utf16,
}

/// The lines of a text.
#[derive(Debug)]
pub(super) struct Lines {
    index: LineIndex,
    columns: Columns,
}

impl Lines {
    pub(super) fn of(text: &str, columns: Columns) -> Self {
        Self {
            index: LineIndex::new(text),
            columns,
        }
    }

    /// The byte of a place; a place behind a line's end is that end, and one behind the last line is the text's.
    pub(super) fn byte(&self, position: Position) -> usize {
        let Position { line, character } = position;
        let Some(range) = self.index.line(line) else {
            return usize::from(self.index.len());
        };
        let column = match self.columns {
            Columns::Utf8 => Some(character),
            Columns::Utf16 => {
                let wide = WideLineCol {
                    line,
                    col: character,
                };
                let narrow = self.index.to_utf8(WideEncoding::Utf16, wide);
                narrow.map(|place| place.col)
            }
        };
        let last = range.end() - TextSize::from(u32::from(range.end() < self.index.len()));
        let last = last.max(range.start());
        let found = column.and_then(|column| range.start().checked_add(TextSize::from(column)));
        usize::from(found.map_or(last, |found| found.min(last)))
    }

    /// The place of a byte, which is the first of a character.
    pub(super) fn position(&self, byte: usize) -> Position {
        let found = u32::try_from(byte).ok().and_then(|byte| {
            let narrow = self.index.try_line_col(TextSize::from(byte))?;
            Some(self.in_columns(narrow))
        });
        found.unwrap_or_default()
    }

    fn in_columns(&self, LineCol { line, col }: LineCol) -> Position {
        let wide = match self.columns {
            Columns::Utf8 => None,
            Columns::Utf16 => self
                .index
                .to_wide(WideEncoding::Utf16, LineCol { line, col }),
        };
        Position::new(line, wide.map_or(col, |wide| wide.col))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_what_the_editor_counts() {
        let text = "a\nü𝄞x\n";
        for (columns, column) in [(Columns::Utf8, 6), (Columns::Utf16, 3)] {
            let lines = Lines::of(text, columns);
            let place = Position::new(1, column);
            assert_eq!(lines.byte(place), text.find('x').unwrap());
            assert_eq!(lines.position(text.find('x').unwrap()), place);
        }
    }

    #[test]
    fn places_that_are_not_there_are_moved_to_the_nearest() {
        let lines = Lines::of("ab\ncd", Columns::Utf16);
        for (line, column, byte) in [(0, 9, 2), (1, 9, 5), (7, 0, 5), (0, u32::MAX, 2)] {
            assert_eq!(
                lines.byte(Position::new(line, column)),
                byte,
                "{line} {column}"
            );
        }
        assert_eq!(Lines::of("", Columns::Utf8).byte(Position::new(0, 3)), 0);
        assert_eq!(lines.position(99), Position::new(0, 0));
    }

    #[test]
    fn a_path_survives_its_uri() {
        for path in ["/a/b.rs", "/with space/ü%/#?.toml"] {
            let uri = uri_of(Path::new(path)).unwrap();
            assert_eq!(path_of(&uri).unwrap(), Path::new(path), "{}", uri.as_str());
        }
        let untitled: Uri = "untitled:Untitled-1".parse().unwrap();
        assert_eq!(path_of(&untitled), None);
    }
}

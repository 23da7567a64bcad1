//! Places in a source file.

use std::ops::Range;

use proc_macro2::Span;

/// A stretch of a file's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The bytes, from the start of the file.
    pub bytes: Range<usize>,
    /// The line of the first character, from 1.
    pub line: usize,
    /// The column of the first character, from 1, counted in characters.
    pub column: usize,
}

/// Something to say about a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// Where.
    pub at: Place,
    /// What.
    pub message: String,
}

/// The text that the parser sees: without a byte order mark and a `#!` line.
pub(super) struct Code<'a> {
    pub(super) text: &'a str,
    skipped_bytes: usize,
}

impl<'a> Code<'a> {
    pub(super) fn of_file(text: &'a str) -> Self {
        let without_mark = text.strip_prefix('\u{feff}').unwrap_or(text);
        let shebang = if without_mark.starts_with("#!") && !without_mark.starts_with("#![") {
            without_mark.find('\n').unwrap_or(without_mark.len())
        } else {
            0
        };
        let (_, code) = without_mark.split_at(shebang);
        Self {
            text: code,
            skipped_bytes: text.len() - code.len(),
        }
    }

    pub(super) fn place(&self, span: Span) -> Place {
        let bytes = span.byte_range();
        let start = span.start();
        Place {
            bytes: bytes.start + self.skipped_bytes..bytes.end + self.skipped_bytes,
            line: start.line,
            column: start.column + 1,
        }
    }

    pub(super) fn remark(&self, span: Span, message: impl Into<String>) -> Remark {
        Remark {
            at: self.place(span),
            message: message.into(),
        }
    }
}

//! The names that clients give to files.

use std::{fmt, ops::Deref};

use thiserror::Error;

/// The longest name, in bytes: what file systems and S3's user metadata take.
const LONGEST: usize = 255;

/// The name or id of a file in a request's address: one part of a path, which cannot lead anywhere else. It is
/// not empty, has at most 255 bytes, and is free of `/`, `\`, control characters, `.` and `..`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FileId(String);

/// A name that could not be a file's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum FileNameError {
    /// There is none.
    #[error("the address ends where the file's name belongs")]
    Empty,
    /// It is too long.
    #[error("the file's name has {0} bytes, and may have {LONGEST}")]
    TooLong(usize),
    /// It is a way, and not a name.
    #[error("the file's name is a path: it may not hold `/` or `\\`, or be `.` or `..`")]
    Path,
    /// It holds what nobody can see.
    #[error("the file's name holds control characters")]
    Control,
    /// It is no text.
    #[error("the file's name is not percent-encoded UTF-8")]
    NotText,
}

impl FileId {
    /// Checks a name.
    ///
    /// # Errors
    /// [`FileNameError`] says what is wrong with it.
    pub fn new(name: impl Into<String>) -> Result<Self, FileNameError> {
        let name = name.into();
        if name.is_empty() {
            return Err(FileNameError::Empty);
        }
        if name.len() > LONGEST {
            return Err(FileNameError::TooLong(name.len()));
        }
        if name == "." || name == ".." || name.contains(['/', '\\']) {
            return Err(FileNameError::Path);
        }
        if name.chars().any(char::is_control) {
            return Err(FileNameError::Control);
        }
        Ok(Self(name))
    }

    /// From one part of an address. It is decoded once: what is still encoded then belongs to the name.
    pub(crate) fn of_address(part: &str) -> Result<Self, FileNameError> {
        let decoded = percent_encoding::percent_decode_str(part).decode_utf8();
        Self::new(decoded.map_err(|_| FileNameError::NotText)?)
    }

    /// As a text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Deref for FileId {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Display for FileId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_lead_anywhere() {
        let check = |part: &str, expected: Result<&str, FileNameError>| {
            let read = FileId::of_address(part);
            assert_eq!(read.as_deref().map_err(|error| *error), expected, "{part}");
        };
        check("report.pdf", Ok("report.pdf"));
        check("%E2%82%AC%20100.pdf", Ok("€ 100.pdf"));
        check("..pdf", Ok("..pdf"));
        check("%252e%252e%252f", Ok("%2e%2e%2f"));
        check("", Err(FileNameError::Empty));
        check("..", Err(FileNameError::Path));
        check("%2e%2E", Err(FileNameError::Path));
        check("..%2f..%2fetc%2fpasswd", Err(FileNameError::Path));
        check("a%5cb", Err(FileNameError::Path));
        check("a/b", Err(FileNameError::Path));
        check("a%00b", Err(FileNameError::Control));
        check("a%0ab", Err(FileNameError::Control));
        check("%ff", Err(FileNameError::NotText));
        check(&"x".repeat(256), Err(FileNameError::TooLong(256)));
    }
}

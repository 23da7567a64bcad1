//! Errors that functions return.

use std::{error::Error as StdError, fmt};

/// Any error: what a function's error becomes.
pub type AnyError = Box<dyn StdError + Send + Sync>;

/// An error that says what should become of its message.
///
/// Every other error is taken as one that may pass.
#[derive(Debug)]
pub struct Error {
    source: AnyError,
}

impl Error {
    /// An error that trying again cannot cure: the message becomes a dead letter at once.
    pub fn permanent(source: impl Into<AnyError>) -> Self {
        Self {
            source: source.into(),
        }
    }

    /// Whether the error, or one that it stems from, was marked [`permanent`](Self::permanent).
    pub(crate) fn is_permanent(error: &(dyn StdError + 'static)) -> bool {
        std::iter::successors(Some(error), |error| StdError::source(*error))
            .any(<dyn StdError>::is::<Self>)
    }
}

/// Transparent: the message and the chain are those of the marked error.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.source.fmt(f)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.source()
    }
}

//! What can go wrong with an object.

use std::io;

use thiserror::Error;

use crate::AnyError;

/// An object that could not be read or written.
#[derive(Debug, Error)]
pub enum ObjectError {
    /// There is no such object.
    #[error("there is no object `{id}` in the bucket `{bucket}`")]
    Missing {
        /// The real bucket.
        bucket: String,
        /// The object's id.
        id: u64,
    },
    /// The store, or the way to it, failed.
    #[error("the object store could not {action}: {source}")]
    Store {
        /// What was asked of it.
        action: String,
        /// What went wrong.
        source: AnyError,
    },
    /// The staged file could not be read.
    #[error("a staged file could not be read: {0}")]
    Staged(#[from] io::Error),
}

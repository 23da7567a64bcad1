//! What can go wrong with an object.

use std::{error::Error as StdError, io, path::PathBuf};

use thiserror::Error;

use super::message_files::UploadError;
use crate::AnyError;

/// An object that could not be read or written.
#[derive(Debug, Error)]
pub enum ObjectError {
    /// There is no such object.
    #[error("there is no object `{key}` in the bucket `{bucket}`")]
    Missing {
        /// The real bucket.
        bucket: String,
        /// The object's key: for a service's object, its id.
        key: String,
    },
    /// The store was not reached, did not answer in time, or said that it cannot do it now.
    #[error("the object store could not {action}: {source}")]
    Unavailable {
        /// What was asked of it.
        action: String,
        /// What went wrong.
        source: AnyError,
    },
    /// The store does not know the access key, or the secret key is not its own.
    #[error("the object store did not accept the keys to {action}: {source}")]
    Unauthorized {
        /// What was asked of it.
        action: String,
        /// The store's words.
        source: AnyError,
    },
    /// The store said no.
    #[error("the object store could not {action}: {source}")]
    Store {
        /// What was asked of it.
        action: String,
        /// What went wrong.
        source: AnyError,
    },
    /// The object became another one while it was read.
    #[error("the object `{key}` in the bucket `{bucket}` was changed while it was read")]
    Changed {
        /// The real bucket.
        bucket: String,
        /// The object's key: for a service's object, its id.
        key: String,
    },
    /// There is no room for staged files.
    #[error(
        "the disk is full under `{}`, where written files wait for their upload: make room there, or set \
         SLINGSHOT_STAGING to a larger place",
        place.display()
    )]
    DiskFull {
        /// The staging directory.
        place: PathBuf,
    },
    /// The staged file could not be read.
    #[error("a staged file could not be read: {0}")]
    Staged(#[from] io::Error),
}

impl ObjectError {
    /// Finds the object store's part in an error: in what `read_file` returned, or in the [`io::Error`] of a
    /// reader.
    pub fn of<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a Self> {
        std::iter::successors(Some(error), |error| StdError::source(*error)).find_map(|error| {
            if let Some(found) = error.downcast_ref() {
                return Some(found);
            }
            // These pass over themselves when they are asked for their source.
            match error.downcast_ref() {
                Some(UploadError::Store(found)) => return Some(found),
                Some(UploadError::Close(error)) => return Self::of(error),
                Some(UploadError::Bucket(_)) | None => {}
            }
            Self::of(error.downcast_ref::<io::Error>()?.get_ref()?)
        })
    }

    /// Whether the store, the way to it or the disk before it is out of order: nothing is wrong with the
    /// message, and trying again later may help.
    pub fn is_outage(&self) -> bool {
        matches!(self, Self::Unavailable { .. } | Self::DiskFull { .. })
    }

    /// Whether the store did not accept the keys: they may have been changed since they were read.
    pub fn is_unauthorized(&self) -> bool {
        matches!(self, Self::Unauthorized { .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outage_is_found_wherever_it_is_wrapped() {
        let outage = || ObjectError::Unavailable {
            action: "read `in/1`".to_owned(),
            source: "connection refused".into(),
        };
        let check = |error: AnyError| {
            assert!(ObjectError::of(&*error).is_some_and(ObjectError::is_outage));
        };
        check(outage().into());
        check(io::Error::other(outage()).into());
        check(io::Error::other(io::Error::other(outage())).into());
        check(UploadError::Store(outage()).into());
        check(UploadError::Close(io::Error::other(outage())).into());
        assert!(ObjectError::of(&io::Error::other("another")).is_none());
    }
}

//! What can go wrong in the storage, and how S3 says it.

use std::{io, path::PathBuf};

use s3s::{S3Error, S3ErrorCode};
use thiserror::Error;

/// An object store that does not start.
#[derive(Debug, Error)]
pub enum ObjectStoreError {
    /// The directory cannot be made, read or written.
    #[error("the object store's directory `{}` cannot be used: {source}", .directory.display())]
    Directory {
        /// Where the objects should be.
        directory: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The address cannot be listened on.
    #[error("the object store cannot listen on {address}: {source}")]
    Listen {
        /// The address asked for.
        address: std::net::SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// S3 does not allow the bucket's name.
    #[error(
        "`{bucket}` is no bucket name: use 3 to 63 lower-case letters, digits, `-` and `.`, with a \
         letter or digit at both ends"
    )]
    BucketName {
        /// The name.
        bucket: String,
    },
}

/// An operation that the storage refuses.
#[derive(Debug, Error)]
pub(super) enum StorageError {
    #[error("the bucket does not exist")]
    NoSuchBucket,
    #[error("the key does not exist")]
    NoSuchKey,
    #[error("the multipart upload does not exist, was aborted or is complete")]
    NoSuchUpload,
    #[error("the bucket still holds objects")]
    BucketNotEmpty,
    #[error("a condition of the request does not hold")]
    PreconditionFailed,
    #[error("the object is not newer or other than the request knows it")]
    NotModified,
    #[error("part {number} was not uploaded, or is not the one that was")]
    InvalidPart { number: i32 },
    #[error("the parts must be listed in ascending order")]
    InvalidPartOrder,
    #[error("part {number} is smaller than 5 MiB and not the last")]
    PartTooSmall { number: i32 },
    #[error("the bytes do not have the {algorithm} that the request gives")]
    BadDigest { algorithm: &'static str },
    #[error("`{argument}` is out of range")]
    InvalidArgument { argument: &'static str },
    #[error("the request's body ended early: {0}")]
    Body(s3s::StdError),
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl From<StorageError> for S3Error {
    fn from(error: StorageError) -> Self {
        let code = match &error {
            StorageError::NoSuchBucket => S3ErrorCode::NoSuchBucket,
            StorageError::NoSuchKey => S3ErrorCode::NoSuchKey,
            StorageError::NoSuchUpload => S3ErrorCode::NoSuchUpload,
            StorageError::BucketNotEmpty => S3ErrorCode::BucketNotEmpty,
            StorageError::PreconditionFailed => S3ErrorCode::PreconditionFailed,
            StorageError::NotModified => S3ErrorCode::NotModified,
            StorageError::InvalidPart { .. } => S3ErrorCode::InvalidPart,
            StorageError::InvalidPartOrder => S3ErrorCode::InvalidPartOrder,
            StorageError::PartTooSmall { .. } => S3ErrorCode::EntityTooSmall,
            StorageError::BadDigest { .. } => S3ErrorCode::BadDigest,
            StorageError::InvalidArgument { .. } => S3ErrorCode::InvalidArgument,
            StorageError::Body(_) => S3ErrorCode::IncompleteBody,
            StorageError::Io(_) => S3ErrorCode::InternalError,
        };
        if let StorageError::Io(error) = &error {
            tracing::error!(%error, "the object store cannot use its files");
        }
        Self::with_message(code, error.to_string())
    }
}

//! A file on its way out.

use std::{fmt, pin::Pin};

use tokio::io::AsyncRead;

use crate::{
    AnyError,
    handler::{CallFailure, HandlerOutcome, Reply},
};

/// A file that a `#[download]` function answers with. It is sent as fast as the client reads it.
pub struct Download {
    pub(crate) content: Pin<Box<dyn AsyncRead + Send>>,
    pub(crate) size: Option<u64>,
    pub(crate) name: Option<String>,
    pub(crate) content_type: Option<String>,
    pub(crate) etag: Option<String>,
    /// The first byte of the file that `content` begins with, where a part of the file was asked for.
    pub(crate) part: Option<(u64, u64)>,
}

impl Download {
    /// A file with this content.
    pub fn new(content: impl AsyncRead + Send + 'static) -> Self {
        Self {
            content: Box::pin(content),
            size: None,
            name: None,
            content_type: None,
            etag: None,
            part: None,
        }
    }

    /// How many bytes the whole file has. With it, clients see how far they are and may ask for a part.
    #[must_use]
    pub fn size(mut self, bytes: u64) -> Self {
        self.size = Some(bytes);
        self
    }

    /// The name under which the client is to keep it: any text.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// The media type. Default `application/octet-stream`.
    #[must_use]
    pub fn content_type(mut self, media_type: impl Into<String>) -> Self {
        self.content_type = Some(media_type.into());
        self
    }

    /// What tells this content from any other that the file may come to have: a digest, say. With it, clients that
    /// have the file already do not get it again.
    #[must_use]
    pub fn etag(mut self, tag: impl Into<String>) -> Self {
        self.etag = Some(tag.into());
        self
    }
}

impl fmt::Debug for Download {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Download")
            .field("name", &self.name)
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}

/// What a download function may return: a [`Download`], bare or in a `Result`.
#[diagnostic::on_unimplemented(
    message = "a download cannot answer `{Self}`",
    label = "not a file",
    note = "a download returns `Download`, bare or in a `Result`"
)]
pub trait DownloadReturns {
    /// The file, or why there is none.
    ///
    /// # Errors
    /// What the function returned as one.
    fn download(self) -> Result<Download, AnyError>;
}

#[diagnostic::do_not_recommend]
impl DownloadReturns for Download {
    fn download(self) -> Result<Download, AnyError> {
        Ok(self)
    }
}

#[diagnostic::do_not_recommend]
impl<E: Into<AnyError>> DownloadReturns for Result<Download, E> {
    fn download(self) -> Result<Download, AnyError> {
        self.map_err(Into::into)
    }
}

/// What generated code makes of a download function's result.
///
/// # Errors
/// What the function returned as one.
pub fn download_outcome(returned: impl DownloadReturns) -> HandlerOutcome {
    let file = returned.download().map_err(CallFailure::Failed)?;
    Ok(Reply::of_file(file))
}

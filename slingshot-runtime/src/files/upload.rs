//! A file on its way in.

use std::{
    fmt,
    future::poll_fn,
    io::{self, Error},
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, stream::BoxStream};
use slingshot_settings::duration;
use thiserror::Error;
use tokio::io::{AsyncRead, ReadBuf};

use super::FileId;

/// A file that a client sends, as it arrives; an argument of an `#[upload]` function. It is read as a stream of
/// chunks or as [`AsyncRead`], and the client sends as fast as it is read.
///
/// A reader that does not come to the end has not seen the whole file: whoever keeps what was read does so after
/// the last chunk, and drops it after an error. What a function that returned has not read is still waited for:
/// the client hears of success only when all of the file has arrived.
pub struct Upload {
    name: FileId,
    size: Option<u64>,
    content_type: Option<String>,
    chunks: BoxStream<'static, Result<Bytes, UploadError>>,
    /// What of the last chunk was not read yet.
    rest: Bytes,
}

/// An upload that did not come to its end.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum UploadError {
    /// The client went away, or sent less than it had said.
    #[error("the upload broke off: {0}")]
    Truncated(String),
    /// The client stopped sending.
    #[error("the upload stood still for {}", duration::written(*.0))]
    Stalled(std::time::Duration),
    /// It is larger than files may be.
    #[error("the file is larger than {0} bytes")]
    TooLarge(u64),
    /// The process ends.
    #[error("the process is shutting down")]
    Draining,
}

impl UploadError {
    /// The HTTP status that says so.
    pub(crate) fn status(&self) -> u16 {
        match self {
            Self::Truncated(_) => 400,
            Self::Stalled(_) => 408,
            Self::TooLarge(_) => 413,
            Self::Draining => 503,
        }
    }
}

impl Upload {
    pub(crate) fn new(
        name: FileId,
        size: Option<u64>,
        content_type: Option<String>,
        chunks: impl Stream<Item = Result<Bytes, UploadError>> + Send + 'static,
    ) -> Self {
        Self {
            name,
            size,
            content_type,
            chunks: chunks.boxed(),
            rest: Bytes::new(),
        }
    }

    /// An upload of these bytes, for tests of functions that take one.
    pub fn of(name: FileId, content: impl Into<Bytes>) -> Self {
        let content = content.into();
        let size = u64::try_from(content.len()).ok();
        let chunks = futures_util::stream::iter([Ok(content)]);
        Self::new(name, size, None, chunks)
    }

    /// The name that the client gave to the file.
    pub fn name(&self) -> &FileId {
        &self.name
    }

    /// How many bytes the client says that the file has, if it does.
    pub fn size(&self) -> Option<u64> {
        self.size
    }

    /// What the client says that the file is: a media type, unchecked.
    pub fn content_type(&self) -> Option<&str> {
        self.content_type.as_deref()
    }

    /// The next bytes of the file; none at its end.
    ///
    /// # Errors
    /// [`UploadError`]: the file has not arrived, and will not.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, UploadError> {
        poll_fn(|context| self.poll_chunk(context))
            .await
            .transpose()
    }

    pub(crate) fn poll_chunk(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, UploadError>>> {
        if self.rest.is_empty() {
            return self.chunks.poll_next_unpin(context);
        }
        Poll::Ready(Some(Ok(std::mem::take(&mut self.rest))))
    }
}

impl AsyncRead for Upload {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        while self.rest.is_empty() {
            match ready!(self.chunks.poll_next_unpin(context)) {
                None => return Poll::Ready(Ok(())),
                Some(Ok(chunk)) => self.rest = chunk,
                Some(Err(error)) => return Poll::Ready(Err(Error::other(error))),
            }
        }
        let length = self.rest.len().min(buffer.remaining());
        buffer.put_slice(&self.rest.split_to(length));
        Poll::Ready(Ok(()))
    }
}

impl fmt::Debug for Upload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upload")
            .field("name", &self.name)
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use futures_util::stream;
    use tokio::io::AsyncReadExt;

    use super::*;

    fn upload(chunks: &[Result<&'static str, UploadError>]) -> Upload {
        let chunks: Vec<_> = chunks
            .iter()
            .cloned()
            .map(|it| it.map(Bytes::from))
            .collect();
        let name = FileId::new("a.txt").expect("a name");
        Upload::new(name, None, None, stream::iter(chunks))
    }

    #[tokio::test]
    async fn it_is_read_in_chunks_or_in_pieces() {
        let mut whole = upload(&[Ok("abc"), Ok(""), Ok("def")]);
        let mut two = [0; 2];
        AsyncReadExt::read_exact(&mut whole, &mut two)
            .await
            .expect("two bytes");
        assert_eq!(&two, b"ab");
        assert_eq!(whole.chunk().await, Ok(Some(Bytes::from("c"))));
        let mut rest = String::new();
        AsyncReadExt::read_to_string(&mut whole, &mut rest)
            .await
            .expect("the rest");
        assert_eq!(rest, "def");
        assert_eq!(whole.chunk().await, Ok(None));
    }

    #[tokio::test]
    async fn one_that_breaks_off_is_an_error_and_no_end() {
        let broken = || upload(&[Ok("abc"), Err(UploadError::Truncated("reset".to_owned()))]);
        let mut text = String::new();
        let error = AsyncReadExt::read_to_string(&mut broken(), &mut text)
            .await
            .expect_err("broken off");
        assert_eq!(error.to_string(), "the upload broke off: reset");
    }
}

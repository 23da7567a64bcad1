//! A file on its way out.

use std::{fmt, io::SeekFrom, ops::Range, pin::Pin};

use bytes::Bytes;
use futures_util::{
    FutureExt as _, StreamExt as _, TryStreamExt as _, future::BoxFuture, stream::BoxStream,
};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncSeek, AsyncSeekExt as _};
use tokio_util::io::ReaderStream;

use crate::{
    AnyError,
    handler::{CallFailure, HandlerOutcome, Occupied, Reply},
};

/// How much of a file is read at once, and is in memory of each that is being sent: for a file on the disk each
/// piece is a way to another thread and back.
const CHUNK: usize = 256 * 1024;

/// A file that a `#[download]` function answers with. It is sent as fast as the client reads it.
///
/// A reader that fails, or ends before `size` bytes, breaks the connection: the client sees that the file is
/// not whole.
pub struct Download {
    content: Content,
    size: Option<u64>,
    pub(crate) name: Option<String>,
    pub(crate) content_type: Option<String>,
    pub(crate) etag: Option<String>,
    pub(crate) sha256: Option<[u8; 32]>,
    /// The replica that is busy until the file is sent.
    pub(crate) replica: Option<Occupied>,
}

/// The bytes of a file, in pieces.
pub(crate) type Chunks = BoxStream<'static, Result<Bytes, AnyError>>;

type Open = Box<dyn FnOnce(Range<u64>) -> BoxFuture<'static, Result<Chunks, AnyError>> + Send>;

/// How the bytes are come by.
enum Content {
    /// From the first on.
    Reader(Pin<Box<dyn AsyncRead + Send>>),
    Seekable(Pin<Box<dyn ReadAndSeek>>),
    /// Once it is known which are asked for.
    Parts(Open),
}

trait ReadAndSeek: AsyncRead + AsyncSeek + Send {}

impl<T: AsyncRead + AsyncSeek + Send> ReadAndSeek for T {}

impl Download {
    /// A file with this content. Of one whose [`size`](Self::size) is known clients may ask for a part: what is
    /// before it is read, and not sent.
    pub fn new(content: impl AsyncRead + Send + 'static) -> Self {
        Self::of(Content::Reader(Box::pin(content)), None)
    }

    /// A file of which any part is at hand, such as `tokio::fs::File`. Its size is where its end is.
    pub fn seekable(content: impl AsyncRead + AsyncSeek + Send + 'static) -> Self {
        Self::of(Content::Seekable(Box::pin(content)), None)
    }

    /// A file of `size` bytes that is opened once it is known which of them are to be sent: `open` is called with
    /// their range, and not at all when the client has the file already.
    pub fn in_parts<F, R, E>(size: u64, open: impl FnOnce(Range<u64>) -> F + Send + 'static) -> Self
    where
        F: Future<Output = Result<R, E>> + Send + 'static,
        R: AsyncRead + Send + 'static,
        E: Into<AnyError>,
    {
        Self::in_chunks(size, |part| {
            let opened = open(part);
            async { Ok(chunks(opened.await.map_err(Into::into)?)) }.boxed()
        })
    }

    pub(crate) fn in_chunks(
        size: u64,
        open: impl FnOnce(Range<u64>) -> BoxFuture<'static, Result<Chunks, AnyError>> + Send + 'static,
    ) -> Self {
        Self::of(Content::Parts(Box::new(open)), Some(size))
    }

    fn of(content: Content, size: Option<u64>) -> Self {
        Self {
            content,
            size,
            name: None,
            content_type: None,
            etag: None,
            sha256: None,
            replica: None,
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

    /// What tells this content from any other that the file may come to have: a version, say. With it, clients that
    /// have the file already do not get it again.
    #[must_use]
    pub fn etag(mut self, tag: impl Into<String>) -> Self {
        self.etag = Some(tag.into());
        self
    }

    /// The SHA-256 of the whole content. Clients are told, as RFC 9530 has it, and it is the
    /// [`etag`](Self::etag) where there is no other.
    #[must_use]
    pub fn sha256(mut self, digest: [u8; 32]) -> Self {
        self.sha256 = Some(digest);
        self
    }

    /// How many bytes the whole file has, if anybody knows.
    pub(crate) async fn known_size(&mut self) -> Result<Option<u64>, AnyError> {
        if let (None, Content::Seekable(content)) = (self.size, &mut self.content) {
            self.size = Some(content.seek(SeekFrom::End(0)).await?);
        }
        Ok(self.size)
    }

    /// The bytes from `part` on, or all there are.
    pub(crate) async fn open(self, part: Option<Range<u64>>) -> Result<Chunks, AnyError> {
        match (self.content, part) {
            (Content::Parts(open), part) => {
                let whole = 0..self.size.unwrap_or(u64::MAX);
                open(part.unwrap_or(whole)).await
            }
            (Content::Seekable(mut content), part) => {
                let part = part.unwrap_or(0..u64::MAX);
                content.seek(SeekFrom::Start(part.start)).await?;
                Ok(chunks(content.take(part.end - part.start)))
            }
            (Content::Reader(content), None) => Ok(chunks(content)),
            (Content::Reader(mut content), Some(part)) => {
                let mut before = (&mut content).take(part.start);
                tokio::io::copy(&mut before, &mut tokio::io::sink()).await?;
                Ok(chunks(content.take(part.end - part.start)))
            }
        }
    }
}

fn chunks(content: impl AsyncRead + Send + 'static) -> Chunks {
    ReaderStream::with_capacity(content, CHUNK)
        .map_err(AnyError::from)
        .boxed()
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

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    async fn read(download: Download, part: Option<Range<u64>>) -> Vec<u8> {
        let chunks = download.open(part).await.expect("it opens");
        let chunks: Vec<_> = chunks.try_collect().await.expect("it is read");
        chunks.concat()
    }

    #[tokio::test]
    async fn a_part_is_sought_opened_or_read_up_to() {
        const CONTENT: &[u8] = b"0123456789";
        let parts = || {
            Download::in_parts(10, async move |part: Range<u64>| {
                let at = |offset: u64| usize::try_from(offset);
                Ok::<_, AnyError>(&CONTENT[at(part.start)?..at(part.end)?])
            })
        };
        let makers: [fn() -> Download; 3] = [
            || Download::new(CONTENT),
            || Download::seekable(Cursor::new(CONTENT)),
            parts,
        ];
        let mut sizes = Vec::new();
        for make in makers {
            assert_eq!(read(make(), None).await, CONTENT);
            assert_eq!(read(make(), Some(3..6)).await, b"345");
            sizes.push(make().known_size().await.expect("a size, or none"));
        }
        assert_eq!(sizes, [None, Some(10), Some(10)]);
    }
}

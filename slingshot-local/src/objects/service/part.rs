//! The part of an object that a request asks for.

use std::io::{self, SeekFrom};

use s3s::{
    S3Result,
    dto::{Range, StreamingBlob},
};
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};
use tokio_util::io::ReaderStream;

/// What is read from disk in one go.
const READ_BUFFER: usize = 256 * 1024;

/// Bytes `start..end` of `size`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part {
    start: u64,
    end: u64,
    size: u64,
    ranged: bool,
}

impl Part {
    /// The whole, or what `range` asks for.
    pub(super) fn of(size: u64, range: Option<&Range>) -> S3Result<Self> {
        let asked = range.map(|range| range.check(size)).transpose()?;
        let bytes = asked.clone().unwrap_or(0..size);
        Ok(Self {
            start: bytes.start,
            end: bytes.end,
            size,
            ranged: asked.is_some(),
        })
    }

    pub(super) fn is_whole(self) -> bool {
        !self.ranged
    }

    pub(super) fn content_length(self) -> Option<i64> {
        i64::try_from(self.end - self.start).ok()
    }

    /// The header `Content-Range`, which also makes the answer a 206.
    pub(super) fn content_range(self) -> Option<String> {
        self.ranged
            .then(|| format!("bytes {}-{}/{}", self.start, self.end - 1, self.size))
    }

    pub(super) async fn stream(self, mut file: tokio::fs::File) -> io::Result<StreamingBlob> {
        if self.start > 0 {
            file.seek(SeekFrom::Start(self.start)).await?;
        }
        let bytes = file.take(self.end - self.start);
        Ok(StreamingBlob::wrap(ReaderStream::with_capacity(
            bytes,
            READ_BUFFER,
        )))
    }
}

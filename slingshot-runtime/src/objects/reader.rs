//! The stream of one object's bytes.

use std::{
    fmt,
    future::poll_fn,
    io::{self, Read},
    pin::Pin,
    task::{Context, Poll, Waker, ready},
};

use bytes::{Buf, Bytes};
use futures_util::{Stream, stream::BoxStream};
use tokio::{
    io::{AsyncRead, ReadBuf},
    runtime::Handle,
};

/// Reads an object as it arrives. Memory stays at a few chunks, whatever the object's size.
///
/// In an ordinary function it is a [`Read`], in an `async` one an [`AsyncRead`].
pub struct ObjectReader {
    /// What has arrived and has not been read.
    chunk: Bytes,
    chunks: BoxStream<'static, io::Result<Bytes>>,
    /// The runtime to wait on from a blocking thread; none in an `async` function.
    blocking: Option<Handle>,
}

impl ObjectReader {
    /// A reader for an ordinary function, which waits for chunks on its own thread.
    pub(crate) fn blocking(
        chunks: impl Stream<Item = io::Result<Bytes>> + Send + 'static,
        runtime: Handle,
    ) -> Self {
        Self {
            chunk: Bytes::new(),
            chunks: Box::pin(chunks),
            blocking: Some(runtime),
        }
    }

    /// A reader for an `async` function.
    pub(crate) fn asynchronous(
        chunks: impl Stream<Item = io::Result<Bytes>> + Send + 'static,
    ) -> Self {
        Self {
            chunk: Bytes::new(),
            chunks: Box::pin(chunks),
            blocking: None,
        }
    }

    /// Makes the chunk non-empty, or finds the end.
    fn poll_chunk(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.chunk.is_empty() {
            match ready!(self.chunks.as_mut().poll_next(context)?) {
                Some(chunk) => self.chunk = chunk,
                None => break,
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl Read for ObjectReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.chunk.is_empty() {
            match self.blocking.clone() {
                Some(runtime) => runtime.block_on(poll_fn(|context| self.poll_chunk(context)))?,
                None => match self.poll_chunk(&mut Context::from_waker(Waker::noop())) {
                    Poll::Ready(arrived) => arrived?,
                    Poll::Pending => return Err(would_block()),
                },
            }
        }
        let count = buffer.len().min(self.chunk.len());
        self.chunk.copy_to_slice(&mut buffer[..count]);
        Ok(count)
    }
}

fn would_block() -> io::Error {
    io::Error::other(
        "std::io::Read would block an async function: read with tokio::io::AsyncReadExt",
    )
}

/// An object whose bytes are at hand: for tests that call a service's function, sync or `async`.
impl From<Vec<u8>> for ObjectReader {
    fn from(bytes: Vec<u8>) -> Self {
        Self {
            chunk: bytes.into(),
            chunks: Box::pin(futures_util::stream::empty()),
            blocking: None,
        }
    }
}

impl AsyncRead for ObjectReader {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        ready!(self.poll_chunk(context))?;
        let count = buffer.remaining().min(self.chunk.len());
        buffer.put_slice(&self.chunk.split_to(count));
        Poll::Ready(Ok(()))
    }
}

impl fmt::Debug for ObjectReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ObjectReader").finish_non_exhaustive()
    }
}

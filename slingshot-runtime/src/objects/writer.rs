//! The local file that is to become an object.

use std::{
    fs::File,
    io::{self, BufWriter, Write},
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
};

use tokio::io::{AsyncWrite, AsyncWriteExt as _};

use crate::rehearsal::{self, SharedBytes};

/// Writes a staged file. It need not be flushed or closed: that happens once the function has
/// returned, and an error there fails the message.
///
/// In an ordinary function it is a [`Write`], in an `async` one an [`AsyncWrite`].
#[derive(Clone, Debug)]
pub struct ObjectWriter {
    file: Arc<Mutex<Staged>>,
}

#[derive(Debug)]
enum Staged {
    Blocking(BufWriter<File>),
    Asynchronous(tokio::fs::File),
    /// In memory, for the test of either.
    Rehearsed(SharedBytes),
    Closed,
}

/// How much a writer gathers before it touches the disk.
const BUFFER: usize = 64 * 1024;

impl ObjectWriter {
    /// A writer for an ordinary function.
    pub(crate) fn blocking(file: File) -> Self {
        Self::of(Staged::Blocking(BufWriter::with_capacity(BUFFER, file)))
    }

    /// A writer for an `async` function.
    pub(crate) fn asynchronous(file: File) -> Self {
        Self::of(Staged::Asynchronous(tokio::fs::File::from_std(file)))
    }

    /// A writer for a test that calls a function.
    pub(crate) fn rehearsed(bytes: SharedBytes) -> Self {
        Self::of(Staged::Rehearsed(bytes))
    }

    fn of(staged: Staged) -> Self {
        Self {
            file: Arc::new(Mutex::new(staged)),
        }
    }

    /// Ends the writing: what the function still holds gets errors from here on.
    ///
    /// # Errors
    ///
    /// Whatever the last buffered bytes meet on their way to the disk.
    pub(crate) async fn close(self) -> io::Result<()> {
        let staged = std::mem::replace(&mut *self.staged(), Staged::Closed);
        match staged {
            Staged::Blocking(mut file) => file.flush(),
            Staged::Asynchronous(mut file) => file.flush().await,
            Staged::Rehearsed(_) | Staged::Closed => Ok(()),
        }
    }

    /// A writer that panicked half-way fails its message anyway, so a poisoned lock has nothing to say.
    fn staged(&self) -> MutexGuard<'_, Staged> {
        self.file.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn blocking_file<T>(
        &self,
        work: impl FnOnce(&mut dyn Write) -> io::Result<T>,
    ) -> io::Result<T> {
        match &mut *self.staged() {
            Staged::Blocking(file) => work(file),
            Staged::Rehearsed(bytes) => work(&mut *rehearsal::held(bytes)),
            Staged::Asynchronous(_) => Err(io::Error::other(
                "std::io::Write would block an async function: write with tokio::io::AsyncWriteExt",
            )),
            Staged::Closed => Err(closed()),
        }
    }

    fn asynchronous_file<T>(
        &self,
        work: impl FnOnce(Pin<&mut (dyn AsyncWrite + Unpin)>) -> Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        match &mut *self.staged() {
            Staged::Asynchronous(file) => work(Pin::new(file)),
            Staged::Rehearsed(bytes) => work(Pin::new(&mut *rehearsal::held(bytes))),
            Staged::Blocking(_) => Poll::Ready(Err(io::Error::other(
                "this function is not async: write with std::io::Write",
            ))),
            Staged::Closed => Poll::Ready(Err(closed())),
        }
    }
}

fn closed() -> io::Error {
    io::Error::new(
        io::ErrorKind::BrokenPipe,
        "the function that opened this object has returned: finish writing before it does",
    )
}

impl Write for ObjectWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.blocking_file(|file| file.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.blocking_file(|file| file.flush())
    }
}

impl AsyncWrite for ObjectWriter {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.asynchronous_file(|file| file.poll_write(context, bytes))
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.asynchronous_file(|file| file.poll_flush(context))
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.asynchronous_file(|file| file.poll_flush(context))
    }
}

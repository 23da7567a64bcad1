//! What is written and is to become an object: in memory while it is small, then a local file.

use std::{
    fs::File,
    io::{self, BufWriter, Write},
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use tokio::{
    io::{AsyncWrite, AsyncWriteExt as _},
    sync::OwnedSemaphorePermit,
};

use super::{Staging, staging::SMALL, upload::Content};
use crate::rehearsal::{self, SharedBytes};

/// Writes a staged file. It need not be flushed or closed: that happens once the function has
/// returned, and an error there fails the message.
///
/// In an ordinary function it is a [`Write`], in an `async` one an [`AsyncWrite`].
#[derive(Clone, Debug)]
pub struct ObjectWriter {
    staged: Arc<Mutex<Staged>>,
}

#[derive(Debug)]
struct Staged {
    target: Target,
    mode: Mode,
    /// How many bytes there are.
    length: u64,
    /// Where the file is made when the memory is not for it; none where there is a file already.
    staging: Option<Arc<Staging>>,
}

#[derive(Debug)]
enum Target {
    Memory {
        bytes: Vec<u8>,
        room: OwnedSemaphorePermit,
    },
    Blocking(BufWriter<File>),
    Asynchronous(tokio::fs::File),
    /// In memory too, for whoever tests the function.
    Rehearsed(SharedBytes),
    Closed,
}

/// Which kind of function writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    Blocking,
    Asynchronous,
}

/// How much a writer gathers before it touches the disk.
const BUFFER: usize = 64 * 1024;

impl ObjectWriter {
    /// A writer for a test that calls a function, of either kind.
    pub(crate) fn rehearsed(bytes: SharedBytes) -> Self {
        Self::of(Target::Rehearsed(bytes), Mode::Blocking, None)
    }

    /// A writer of a file that begins in memory, if there is room.
    pub(super) fn staged(staging: &Arc<Staging>, mode: Mode) -> io::Result<Self> {
        let target = match staging.memory() {
            Some(room) => Target::Memory {
                bytes: Vec::new(),
                room,
            },
            None => mode.target(staging.file()?),
        };
        Ok(Self::of(target, mode, Some(Arc::clone(staging))))
    }

    fn of(target: Target, mode: Mode, staging: Option<Arc<Staging>>) -> Self {
        Self {
            staged: Arc::new(Mutex::new(Staged {
                target,
                mode,
                length: 0,
                staging,
            })),
        }
    }

    /// Ends the writing: what the function still holds gets errors from here on.
    ///
    /// # Errors
    ///
    /// Whatever the last buffered bytes meet on their way to the disk.
    pub(super) async fn close(self) -> io::Result<Content> {
        let (target, length, staging) = {
            let mut staged = self.lock();
            let target = std::mem::replace(&mut staged.target, Target::Closed);
            (target, staged.length, staged.staging.take())
        };
        let file = match target {
            Target::Memory { bytes, room } => {
                let bytes = Bytes::from(bytes);
                return Ok(Content::Memory { bytes, room });
            }
            Target::Blocking(file) => file.into_inner().map_err(io::IntoInnerError::into_error),
            Target::Asynchronous(mut file) => match file.flush().await {
                Ok(()) => Ok(file.into_std().await),
                Err(error) => Err(error),
            },
            Target::Rehearsed(_) | Target::Closed => Err(closed()),
        };
        match file {
            Ok(file) => Ok(Content::File { file, length }),
            Err(error) => Err(explained(staging.as_deref(), error)),
        }
    }

    /// A writer that panicked half-way fails its message anyway, so a poisoned lock has nothing to say.
    fn lock(&self) -> MutexGuard<'_, Staged> {
        self.staged.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Mode {
    fn target(self, file: File) -> Target {
        match self {
            Self::Blocking => Target::Blocking(BufWriter::with_capacity(BUFFER, file)),
            Self::Asynchronous => Target::Asynchronous(tokio::fs::File::from_std(file)),
        }
    }
}

impl Staged {
    fn expect_mode(&self, mode: Mode) -> io::Result<()> {
        match (mode, self.mode) {
            _ if matches!(self.target, Target::Rehearsed(_)) => Ok(()),
            (Mode::Blocking, Mode::Asynchronous) => Err(io::Error::other(
                "std::io::Write would block an async function: write with tokio::io::AsyncWriteExt",
            )),
            (Mode::Asynchronous, Mode::Blocking) => Err(io::Error::other(
                "this function is not async: write with std::io::Write",
            )),
            _ => Ok(()),
        }
    }

    /// Keeps bytes in memory, or has a file made for those that are there. True when they were kept.
    fn keep(&mut self, more: &[u8]) -> io::Result<bool> {
        let bytes = match &mut self.target {
            Target::Memory { bytes, .. } => bytes,
            Target::Rehearsed(bytes) => {
                rehearsal::held(bytes).extend_from_slice(more);
                return Ok(true);
            }
            Target::Blocking(_) | Target::Asynchronous(_) | Target::Closed => return Ok(false),
        };
        if bytes.len() + more.len() <= SMALL {
            bytes.extend_from_slice(more);
            return Ok(true);
        }
        let staging = self.staging.as_ref();
        let staging = staging.expect("what begins in memory knows where files are made");
        let mut file = staging.file()?;
        // In an `async` function too: it is one write to the system's own memory, once a file.
        let written = file.write_all(bytes);
        written.map_err(|error| staging.explained(error))?;
        self.target = self.mode.target(file);
        Ok(false)
    }

    fn explained(&self, error: io::Error) -> io::Error {
        explained(self.staging.as_deref(), error)
    }
}

fn explained(staging: Option<&Staging>, error: io::Error) -> io::Error {
    match staging {
        Some(staging) => staging.explained(error),
        None => error,
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
        let mut staged = self.lock();
        staged.expect_mode(Mode::Blocking)?;
        let count = if staged.keep(bytes)? {
            bytes.len()
        } else {
            let written = match &mut staged.target {
                Target::Blocking(file) => file.write(bytes),
                _ => Err(closed()),
            };
            written.map_err(|error| staged.explained(error))?
        };
        staged.length += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        let mut staged = self.lock();
        staged.expect_mode(Mode::Blocking)?;
        let flushed = match &mut staged.target {
            Target::Blocking(file) => file.flush(),
            Target::Memory { .. } | Target::Rehearsed(_) => Ok(()),
            Target::Asynchronous(_) | Target::Closed => Err(closed()),
        };
        flushed.map_err(|error| staged.explained(error))
    }
}

impl AsyncWrite for ObjectWriter {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let mut staged = self.lock();
        staged.expect_mode(Mode::Asynchronous)?;
        let count = if staged.keep(bytes)? {
            bytes.len()
        } else {
            let written = match &mut staged.target {
                Target::Asynchronous(file) => ready!(Pin::new(file).poll_write(context, bytes)),
                _ => Err(closed()),
            };
            written.map_err(|error| staged.explained(error))?
        };
        staged.length += count as u64;
        Poll::Ready(Ok(count))
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut staged = self.lock();
        staged.expect_mode(Mode::Asynchronous)?;
        let flushed = match &mut staged.target {
            Target::Asynchronous(file) => ready!(Pin::new(file).poll_flush(context)),
            Target::Memory { .. } | Target::Rehearsed(_) => Ok(()),
            Target::Blocking(_) | Target::Closed => Err(closed()),
        };
        Poll::Ready(flushed.map_err(|error| staged.explained(error)))
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_flush(context)
    }
}

#[cfg(test)]
mod tests {
    use super::{super::ObjectError, *};

    fn staging() -> (tempfile::TempDir, Arc<Staging>) {
        let base = tempfile::tempdir().unwrap();
        let staging = Arc::new(Staging::open(base.path(), "sniff").unwrap());
        (base, staging)
    }

    /// The system's own file that never has room.
    fn on_a_full_disk(mode: Mode, staging: Arc<Staging>) -> ObjectWriter {
        let full = File::options().write(true).open("/dev/full").unwrap();
        ObjectWriter::of(mode.target(full), mode, Some(staging))
    }

    #[tokio::test]
    async fn what_is_small_stays_in_memory_and_what_grows_goes_to_the_disk() {
        let (_base, staging) = staging();
        for (size, in_memory) in [
            (0, true),
            (SMALL, true),
            (SMALL + 1, false),
            (3 * SMALL, false),
        ] {
            let mut blocking = ObjectWriter::staged(&staging, Mode::Blocking).unwrap();
            let mut asynchronous = ObjectWriter::staged(&staging, Mode::Asynchronous).unwrap();
            for chunk in vec![7; size].chunks(10_000) {
                Write::write_all(&mut blocking, chunk).unwrap();
                let written = tokio::io::AsyncWriteExt::write_all(&mut asynchronous, chunk);
                written.await.unwrap();
            }
            for writer in [blocking, asynchronous] {
                let (length, memory) = match writer.close().await.unwrap() {
                    Content::Memory { bytes, .. } => (bytes.len() as u64, true),
                    Content::File { file, length } => {
                        assert_eq!(file.metadata().unwrap().len(), length);
                        (length, false)
                    }
                };
                assert_eq!((length, memory), (size as u64, in_memory));
            }
        }
    }

    #[test]
    fn memory_is_bounded_whatever_a_message_writes() {
        let (_base, staging) = staging();
        let writers = (0..100).map(|_| ObjectWriter::staged(&staging, Mode::Blocking).unwrap());
        let in_memory = writers
            .collect::<Vec<_>>()
            .iter()
            .filter(|writer| matches!(writer.lock().target, Target::Memory { .. }))
            .count();
        assert_eq!(in_memory, 64);
    }

    #[tokio::test]
    async fn a_full_disk_is_said_to_be_one() {
        let (_base, staging) = staging();
        let told = |error: io::Error| {
            let found = ObjectError::of(&error).expect("an error of the objects");
            assert!(found.is_outage());
            assert!(error.to_string().starts_with("the disk is full under `"));
        };
        let mut blocking = on_a_full_disk(Mode::Blocking, Arc::clone(&staging));
        told(Write::write_all(&mut blocking, &vec![0; 2 * BUFFER]).unwrap_err());
        let mut buffered = on_a_full_disk(Mode::Blocking, Arc::clone(&staging));
        Write::write_all(&mut buffered, &[0; 10]).unwrap();
        told(buffered.close().await.unwrap_err());
        let mut asynchronous = on_a_full_disk(Mode::Asynchronous, staging);
        let written = tokio::io::AsyncWriteExt::write_all(&mut asynchronous, &[0; 10]);
        written.await.unwrap();
        told(asynchronous.close().await.unwrap_err());
    }
}

//! Handlers for files that do what the file's name asks for, for `system/handlers_files.rs`.

use std::{
    io,
    ops::Range,
    pin::Pin,
    process::ExitCode,
    task::{Context, Poll},
};

use slingshot::prelude::*;
use tokio::io::{AsyncRead, ReadBuf};

fn main() -> ExitCode {
    slingshot::run()
}

/// Says how much has arrived.
#[upload(replicas = 8)]
async fn keep(mut file: Upload) -> Result<Json<u64>, AnyError> {
    let mut size = 0;
    match file.name().as_str() {
        "unread" => return Ok(Json(0)),
        "refused" => return Err(Refusal::new(409, "not this one").into()),
        _ => {}
    }
    while let Some(chunk) = file.chunk().await? {
        if size == 0 {
            tracing::info!(file = %file.name(), "it arrives");
        }
        size += u64::try_from(chunk.len())?;
    }
    Ok(Json(size))
}

/// `seekable`, `parts` and `reader` have a million bytes, each of them the last of its offset; a number is the
/// size of a file of which nothing else is known.
#[download(replicas = 8)]
#[expect(clippy::unused_async, reason = "a download function is `async`")]
async fn give(id: FileId) -> Result<Download, AnyError> {
    const SIZE: u64 = 1_000_000;
    Ok(match id.as_str() {
        "seekable" => Download::seekable(io::Cursor::new(bytes()))
            .name("größe 1\".bin")
            .etag("one")
            .content_type("text/plain"),
        "parts" => Download::in_parts(SIZE, async |part: Range<u64>| {
            Ok::<_, AnyError>(Offsets {
                next: part.start,
                end: SIZE,
            })
        }),
        "reader" => Download::new(Offsets { next: 0, end: SIZE }).size(SIZE),
        "broken" => Download::new(Offsets { next: 0, end: SIZE }).size(SIZE * 2),
        "unknown" => return Err(Refusal::new(404, "no such file").into()),
        number => Download::new(Zeros(number.parse()?)),
    })
}

/// Each byte is the last of its offset.
struct Offsets {
    next: u64,
    end: u64,
}

fn bytes() -> Vec<u8> {
    (0..1_000_000_u64).map(last_byte).collect()
}

fn last_byte(offset: u64) -> u8 {
    offset.to_be_bytes()[7]
}

impl AsyncRead for Offsets {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let left = usize::try_from(self.end - self.next).unwrap_or(usize::MAX);
        let count = buffer.remaining().min(left);
        for (byte, offset) in buffer
            .initialize_unfilled_to(count)
            .iter_mut()
            .zip(self.next..)
        {
            *byte = last_byte(offset);
        }
        buffer.advance(count);
        self.next += u64::try_from(count).unwrap_or(0);
        Poll::Ready(Ok(()))
    }
}

/// So many bytes of nothing, as fast as they can be copied.
struct Zeros(u64);

impl AsyncRead for Zeros {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        static ZEROS: [u8; 64 * 1024] = [0; 64 * 1024];
        while buffer.remaining() > 0 && self.0 > 0 {
            let left = usize::try_from(self.0).unwrap_or(usize::MAX);
            let count = buffer.remaining().min(ZEROS.len()).min(left);
            buffer.put_slice(&ZEROS[..count]);
            self.0 -= u64::try_from(count).unwrap_or(0);
        }
        Poll::Ready(Ok(()))
    }
}

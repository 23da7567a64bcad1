//! Small answers in one piece: hyper gives a head and a body apart, and the system takes longer to gather two short
//! pieces than it takes to copy them into one.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// What is small.
const SMALL: usize = 1024;

/// A connection that joins small writes.
pub(super) struct SmallWrites<I>(pub(super) I);

impl<I: AsyncRead + Unpin> AsyncRead for SmallWrites<I> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, buffer)
    }
}

impl<I: AsyncWrite + Unpin> AsyncWrite for SmallWrites<I> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let inner = Pin::new(&mut self.0);
        let length: usize = pieces.iter().map(|piece| piece.len()).sum();
        if length > SMALL || pieces.len() == 1 {
            return inner.poll_write_vectored(context, pieces);
        }
        let mut joined = [0; SMALL];
        let mut rest = &mut joined[..];
        for piece in pieces {
            let (copy, after) = rest.split_at_mut(piece.len());
            copy.copy_from_slice(piece);
            rest = after;
        }
        inner.poll_write(context, &joined[..length])
    }

    fn is_write_vectored(&self) -> bool {
        self.0.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use tokio::io::{AsyncReadExt as _, duplex};

    use super::*;

    #[tokio::test]
    async fn pieces_arrive_in_order_and_small_ones_at_once() {
        let check = async |pieces: &[Vec<u8>], at_once: usize| {
            let (mut client, server) = duplex(4 * SMALL);
            let mut server = SmallWrites(server);
            let slices: Vec<_> = pieces.iter().map(|piece| IoSlice::new(piece)).collect();
            let written =
                poll_fn(|context| Pin::new(&mut server).poll_write_vectored(context, &slices));
            assert_eq!(written.await.expect("there is room"), at_once);
            drop(server);
            let mut come = Vec::new();
            client
                .read_to_end(&mut come)
                .await
                .expect("what was written");
            assert_eq!(come, pieces.concat()[..at_once]);
        };
        check(&[b"head".to_vec(), b"body".to_vec()], 8).await;
        check(&[vec![b'a'; SMALL - 1], b"b".to_vec()], SMALL).await;
        check(&[Vec::new(), b"b".to_vec()], 1).await;
        check(&[b"alone".to_vec()], 5).await;
        // Large ones are for the system to gather; a pipe of tests takes all of them too.
        check(&[vec![b'a'; SMALL], b"b".to_vec()], SMALL + 1).await;
    }
}

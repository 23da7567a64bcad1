//! The first bytes of a connection, which have to come in time: hyper waits without end for those that tell HTTP/2 from
//! HTTP/1, and keeps the time of everything after them.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Sleep, sleep},
};

/// How an HTTP/2 connection begins (RFC 9113, section 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// A connection whose first bytes have to come in time.
pub(super) struct Opening<I> {
    connection: I,
    /// How much of the preface has come.
    seen: usize,
    /// None once it is known what is spoken.
    until: Option<Pin<Box<Sleep>>>,
}

impl<I> Opening<I> {
    pub(super) fn within(limit: Duration, connection: I) -> Self {
        Self {
            connection,
            seen: 0,
            until: Some(Box::pin(sleep(limit))),
        }
    }

    /// Looks at what has come.
    fn look(&mut self, come: &[u8]) {
        let expected = PREFACE.get(self.seen..).unwrap_or_default();
        self.seen += come.len();
        if come.len() >= expected.len() || !expected.starts_with(come) {
            self.until = None;
        }
    }
}

impl<I: AsyncRead + Unpin> AsyncRead for Opening<I> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.connection).poll_read(context, buffer);
        let Some(until) = &mut self.until else {
            return read;
        };
        match read {
            Poll::Ready(Ok(())) => {
                self.look(buffer.filled().get(before..).unwrap_or_default());
                read
            }
            Poll::Ready(Err(_)) => read,
            Poll::Pending => until
                .as_mut()
                .poll(context)
                .map(|()| Err(io::ErrorKind::TimedOut.into())),
        }
    }
}

impl<I: AsyncWrite + Unpin> AsyncWrite for Opening<I> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.connection).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.connection).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.connection).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.connection).poll_write_vectored(context, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.connection.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};

    use super::*;

    /// What is read of a client that sends this and then nothing.
    async fn read(sent: &[u8]) -> Result<Vec<u8>, io::ErrorKind> {
        let (mut client, server) = duplex(64);
        client.write_all(sent).await.expect("there is room");
        let mut opening = Opening::within(Duration::from_millis(1), server);
        let mut come = Vec::new();
        loop {
            let more = tokio::time::timeout(Duration::from_millis(50), opening.read_buf(&mut come));
            match more.await {
                Ok(Ok(_)) => {}
                Ok(Err(error)) => return Err(error.kind()),
                Err(_) => return Ok(come),
            }
        }
    }

    #[tokio::test]
    async fn the_first_bytes_come_in_time_or_not_at_all() {
        let late = Err(io::ErrorKind::TimedOut);
        assert_eq!(read(b"").await, late);
        assert_eq!(read(b"PRI * HT").await, late);
        assert_eq!(read(b"P").await, late);
        assert_eq!(read(b"POST").await, Ok(b"POST".to_vec()));
        assert_eq!(read(PREFACE).await, Ok(PREFACE.to_vec()));
    }
}

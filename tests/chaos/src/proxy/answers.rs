//! What an object store says when it is out of order.

use std::io;

use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpStream,
};

/// An answer to every request, as S3 words it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    InternalError,
    ServiceUnavailable,
    SlowDown,
}

impl Answer {
    fn status(self) -> &'static str {
        match self {
            Self::InternalError => "500 Internal Server Error",
            Self::ServiceUnavailable => "503 Service Unavailable",
            Self::SlowDown => "503 Slow Down",
        }
    }

    fn bytes(self) -> Vec<u8> {
        let body = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <Error><Code>{self:?}</Code><Message>as the chaos test has it</Message></Error>"
        );
        let status = self.status();
        let length = body.len();
        format!(
            "HTTP/1.1 {status}\r\nContent-Type: application/xml\r\nContent-Length: {length}\r\n\
             Connection: close\r\n\r\n{body}"
        )
        .into_bytes()
    }

    /// Takes one request and answers it. The request is read to its end: bytes that nobody reads make
    /// the kernel reset the connection, and the answer with it.
    pub(super) async fn give(self, client: &mut TcpStream) -> io::Result<()> {
        let mut reader = BufReader::new(client);
        let mut body = 0;
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).await? == 0 {
                return Ok(());
            }
            let line = line.trim_end().to_ascii_lowercase();
            if line.is_empty() {
                break;
            }
            if let Some(length) = line.strip_prefix("content-length:") {
                body = length.trim().parse().map_err(io::Error::other)?;
            }
        }
        tokio::io::copy(&mut (&mut reader).take(body), &mut tokio::io::sink()).await?;
        let client = reader.into_inner();
        client.write_all(&self.bytes()).await?;
        client.shutdown().await
    }
}

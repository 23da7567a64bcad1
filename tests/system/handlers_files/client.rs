//! HTTP as it is on the wire: a client that may be slow, silent or gone.

use std::net::SocketAddr;

use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpStream,
};

/// A connection with one request on it.
pub(super) struct Exchange {
    connection: BufReader<TcpStream>,
}

/// The head of an answer; the body is still to be read.
pub(super) struct Answer {
    pub(super) status: u16,
    headers: Vec<(String, String)>,
    connection: BufReader<TcpStream>,
}

impl Exchange {
    /// Sends a request's head: `GET /a`, and lines of headers.
    pub(super) async fn begin(address: SocketAddr, request: &str, headers: &str) -> Self {
        let connection = TcpStream::connect(address).await.unwrap();
        let mut connection = BufReader::with_capacity(64 * 1024, connection);
        let head =
            format!("{request} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n{headers}\r\n");
        connection.write_all(head.as_bytes()).await.unwrap();
        Self { connection }
    }

    /// Fails when the server has hung up.
    pub(super) async fn send(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.connection.write_all(bytes).await
    }

    /// Sends no more.
    pub(super) async fn stop(&mut self) {
        self.connection.shutdown().await.unwrap();
    }

    pub(super) async fn answer(mut self) -> Answer {
        let (status, headers) = self.head().await;
        Answer {
            status,
            headers,
            connection: self.connection,
        }
    }

    /// The next head that the server sends; it may be one that asks for the body.
    pub(super) async fn head(&mut self) -> (u16, Vec<(String, String)>) {
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            self.connection.read_line(&mut line).await.unwrap();
            match line.trim_end() {
                "" => break,
                line => lines.push(line.to_owned()),
            }
        }
        let status = lines.first().expect("the server answers");
        let status = status.split(' ').nth(1).unwrap().parse().unwrap();
        let headers = lines.iter().skip(1).map(|line| {
            let (name, value) = line.split_once(": ").unwrap();
            (name.to_ascii_lowercase(), value.to_owned())
        });
        (status, headers.collect())
    }
}

impl Answer {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let header = self.headers.iter().find(|(key, _)| key == name);
        header.map(|(_, value)| value.as_str())
    }

    /// What comes until the connection ends; none when that was not a good end.
    pub(super) async fn bytes(mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        // A connection that is reset has ended too: the length says whether it was in time.
        drop(self.connection.read_to_end(&mut bytes).await);
        bytes
    }

    pub(super) async fn text(self) -> String {
        String::from_utf8(self.bytes().await).unwrap()
    }

    /// Reads so many bytes, and leaves the rest.
    pub(super) async fn read(&mut self, count: u64) -> Vec<u8> {
        let mut bytes = vec![0; usize::try_from(count).unwrap()];
        self.connection.read_exact(&mut bytes).await.unwrap();
        bytes
    }

    /// Reads all, keeps nothing, and says how much it was.
    pub(super) async fn length(mut self) -> u64 {
        let mut sink = tokio::io::sink();
        tokio::io::copy(&mut self.connection, &mut sink)
            .await
            .unwrap()
    }
}

pub(super) async fn get(address: SocketAddr, path: &str, headers: &str) -> Answer {
    let exchange = Exchange::begin(address, &format!("GET {path}"), headers).await;
    exchange.answer().await
}

/// Uploads a body that is said to be so long.
pub(super) async fn post(address: SocketAddr, name: &str, body: &[u8]) -> Answer {
    let length = format!("Content-Length: {}\r\n", body.len());
    post_with(address, name, &length, body).await
}

pub(super) async fn post_with(
    address: SocketAddr,
    name: &str,
    headers: &str,
    body: &[u8],
) -> Answer {
    let request = format!("POST /stream/upload/{name}");
    let mut exchange = Exchange::begin(address, &request, headers).await;
    // The server may have said no already.
    drop(exchange.send(body).await);
    exchange.answer().await
}

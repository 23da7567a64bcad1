//! A server that answers what no sys-map should.

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::AbortHandle,
};

/// What is answered to one path.
#[derive(Clone)]
pub(super) enum Answer {
    /// 200 with this body.
    Body(String),
    /// This status.
    Status(u16),
    /// Nothing, and the connection stays open.
    Silence,
    /// 200, and a body that never ends.
    Endless,
}

pub(super) fn body(text: &str) -> Answer {
    Answer::Body(text.to_owned())
}

/// Stops when it is dropped.
pub(super) struct StandIn {
    pub(super) url: String,
    task: AbortHandle,
}

impl StandIn {
    /// Answers these paths, and 404 to the rest.
    pub(super) async fn start(answers: Vec<(&'static str, Answer)>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let task = tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                connections.spawn(serve(stream, answers.clone()));
            }
        });
        Self {
            url,
            task: task.abort_handle(),
        }
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(mut stream: TcpStream, answers: Vec<(&'static str, Answer)>) -> Option<()> {
    let mut request = [0; 4096];
    let length = stream.read(&mut request).await.ok()?;
    let text = String::from_utf8_lossy(request.get(..length)?).into_owned();
    let path = text.split(' ').nth(1)?;
    let known = answers.into_iter().find(|(known, _)| *known == path);
    let (status, body) = match known.map_or(Answer::Status(404), |(_, answer)| answer) {
        Answer::Body(body) => (200, body),
        Answer::Status(status) => (status, String::new()),
        Answer::Silence => std::future::pending().await,
        Answer::Endless => {
            let head = b"HTTP/1.1 200 Told\r\n\r\n";
            stream.write_all(head).await.ok()?;
            loop {
                stream.write_all(&[b' '; 4096]).await.ok()?;
            }
        }
    };
    let length = body.len();
    let answer = format!(
        "HTTP/1.1 {status} Told\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    stream.write_all(answer.as_bytes()).await.ok()
}

//! A sys-map for tests: it answers what it is told to, and remembers what it was asked.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard},
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

#[derive(Clone)]
pub(super) struct StandIn {
    pub(super) url: String,
    answers: Arc<Mutex<Answers>>,
}

#[derive(Default)]
struct Answers {
    /// Status and body of each path; 404 for the rest.
    known: BTreeMap<&'static str, (u16, Vec<u8>)>,
    /// Path and status of each question that was answered.
    asked: Vec<String>,
    token: Option<String>,
}

impl StandIn {
    pub(super) async fn start() -> Self {
        crate::tls::install();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stand_in = Self {
            url: format!("http://{}", listener.local_addr().unwrap()),
            answers: Arc::default(),
        };
        let serving = stand_in.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serving.clone().serve(stream));
            }
        });
        stand_in
    }

    pub(super) fn answers(&self, path: &'static str, status: u16, body: impl Into<Vec<u8>>) {
        self.lock().known.insert(path, (status, body.into()));
    }

    /// From now on only who has it is answered.
    pub(super) fn wants(&self, token: &str) {
        self.lock().token = Some(token.to_owned());
    }

    /// What was asked since the last time.
    pub(super) fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.lock().asked)
    }

    async fn serve(self, mut stream: TcpStream) {
        let mut request = vec![0; 8192];
        while let Ok(length @ 1..) = stream.read(&mut request).await {
            let head = String::from_utf8_lossy(&request[..length]).into_owned();
            let answer = self.answer(&head);
            if stream.write_all(&answer).await.is_err() {
                return;
            }
        }
    }

    fn answer(&self, head: &str) -> Vec<u8> {
        let path = head.split(' ').nth(1).unwrap();
        let header = |name: &str| {
            let mut lines = head.lines().filter_map(|line| line.split_once(": "));
            lines.find_map(|(known, value)| known.eq_ignore_ascii_case(name).then_some(value))
        };
        let mut answers = self.lock();
        let found = answers.known.get(path).cloned();
        let (status, body) = found.unwrap_or((404, Vec::new()));
        let e_tag = format!(
            "\"{:x}-{status}\"",
            body.iter().map(|byte| u64::from(*byte)).sum::<u64>()
        );
        let token = answers
            .token
            .as_ref()
            .map(|token| format!("Bearer {token}"));
        let (status, body) = match () {
            () if token.is_some() && header("authorization") != token.as_deref() => {
                (401, Vec::new())
            }
            () if header("if-none-match") == Some(&e_tag) => (304, Vec::new()),
            () => (status, body),
        };
        answers.asked.push(format!("{path} {status}"));
        let mut answer = format!(
            "HTTP/1.1 {status} Told\r\nETag: {e_tag}\r\nContent-Length: {}\r\n\r\n",
            body.len()
        )
        .into_bytes();
        answer.extend(body);
        answer
    }

    fn lock(&self) -> MutexGuard<'_, Answers> {
        self.answers.lock().unwrap()
    }
}

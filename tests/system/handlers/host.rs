//! `obedient_handlers.rs` in a process of its own.

use std::{
    fs,
    net::SocketAddr,
    process::{Child, Command, ExitStatus, Stdio},
    time::Duration,
};

use reqwest::{Client, ClientBuilder, StatusCode};
use serde_json::Value;
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::{Instant, sleep, timeout},
};

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(40);

const LOOK: Duration = Duration::from_millis(20);

pub(super) struct Host {
    process: Child,
    directory: TempDir,
    pub(super) address: SocketAddr,
    pub(super) client: Client,
}

/// A status, and what the answer says.
pub(crate) type Said = (u16, Value);

impl Host {
    pub(super) async fn start() -> Self {
        Self::with(&[]).await
    }

    /// With more in its environment.
    pub(super) async fn with(variables: &[(&str, &str)]) -> Self {
        let mut host = Self::spawn(variables);
        let line = host.says("\"listening\"").await;
        let line: Value = serde_json::from_str(&line).unwrap();
        let url = line["url"].as_str().unwrap();
        let (_, address) = url.split_once("://").unwrap();
        host.address = address.parse().unwrap();
        host
    }

    /// A process of which nobody knows whether it will listen.
    pub(super) fn spawn(variables: &[(&str, &str)]) -> Self {
        let client = client().build().unwrap();
        let directory = TempDir::new().unwrap();
        let log = fs::File::create(directory.path().join("log")).unwrap();
        let process = Command::new(env!("CARGO_BIN_EXE_obedient-handlers"))
            .env("SLINGSHOT_HTTP", "127.0.0.1:0")
            .env("SLINGSHOT_ADMIN", "127.0.0.1:0")
            .env("SLINGSHOT_LOG", "json")
            .env("SLINGSHOT_STATE", "off")
            .env_remove("SLINGSHOT_REPORT")
            .env_remove("RUST_LOG")
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        Self {
            process,
            directory,
            address: ([127, 0, 0, 1], 0).into(),
            client,
        }
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("http://{}/{path}", self.address)
    }

    /// Asks a handler, with the data in an envelope.
    pub(super) async fn ask(&self, handler: &str, data: impl Into<Value>) -> Said {
        let envelope = serde_json::json!({
            "type": "request", "src": "client", "data": data.into(),
        });
        let request = self.client.post(self.url(handler)).json(&envelope);
        said(request).await
    }

    /// What a connection gets for these bytes, until the server closes it.
    pub(super) async fn raw(&self, bytes: &[u8]) -> String {
        let mut connection = TcpStream::connect(self.address).await.unwrap();
        connection.write_all(bytes).await.unwrap();
        let mut answer = Vec::new();
        let reading = timeout(PATIENCE, connection.read_to_end(&mut answer)).await;
        // A server that has heard enough may reset the connection: what it said before counts.
        drop(reading.expect("the server closes the connection"));
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// Waits for a line of the log with these words.
    pub(super) async fn says(&mut self, words: &str) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(line) = self.log().lines().find(|line| line.contains(words)) {
                return line.to_owned();
            }
            let running = self.process.try_wait().unwrap().is_none();
            let waiting = running && Instant::now() < deadline;
            assert!(waiting, "it does not say {words}:\n{}", self.log());
            sleep(LOOK).await;
        }
    }

    pub(super) fn log(&self) -> String {
        fs::read_to_string(self.directory.path().join("log")).unwrap()
    }

    pub(super) fn terminate(&self) {
        let pid = rustix::process::Pid::from_child(&self.process);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    }

    pub(super) async fn ended(&mut self) -> ExitStatus {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.process.try_wait().unwrap() {
                return status;
            }
            assert!(
                Instant::now() < deadline,
                "it does not end:\n{}",
                self.log()
            );
            sleep(LOOK).await;
        }
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

/// A client of the tests' own, which finds its cryptography.
pub(crate) fn client() -> ClientBuilder {
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        // Another test may come first.
        drop(rustls::crypto::ring::default_provider().install_default());
    }
    Client::builder()
}

pub(crate) async fn said(request: reqwest::RequestBuilder) -> Said {
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    let text = answer.text().await.unwrap();
    let value: Value = serde_json::from_str(&text).unwrap_or(Value::String(text));
    let expected = if StatusCode::from_u16(status).unwrap().is_success() {
        "ok"
    } else {
        "error"
    };
    assert_eq!(value["status"], expected, "{status} {value}");
    (status, value["message"].clone())
}

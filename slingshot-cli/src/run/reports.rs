//! The listening end of the report stream: each service connects and writes a line for what it did.

use std::{collections::BTreeSet, net::SocketAddr};

use slingshot_runtime::report::Report;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    task::JoinHandle,
};

use crate::exit::{Exit, Failure};

/// Reports that wait to be counted; beyond, services wait.
const WAITING: usize = 1024;
/// A longer line is no report.
const MAX_LINE: u64 = 4 * 1024 * 1024;

/// What the stream says.
#[derive(Debug)]
pub(crate) enum Heard {
    /// A process did something.
    Report(Report),
    /// A process is gone.
    Gone {
        /// Its service.
        service: String,
        /// The process.
        pid: u32,
    },
}

/// Where services report.
#[derive(Debug)]
pub(crate) struct Reports {
    address: SocketAddr,
    accepting: JoinHandle<()>,
    heard: mpsc::Receiver<Heard>,
}

impl Reports {
    /// Listens on a free port of loopback.
    ///
    /// # Errors
    ///
    /// If there is none.
    pub(crate) async fn listen() -> Result<Self, Failure> {
        let failed = |error: std::io::Error| {
            Failure::new(Exit::Unreadable, "cannot listen on loopback").because(error)
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let (sender, heard) = mpsc::channel(WAITING);
        let accepting = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(read(stream, sender.clone()));
            }
        });
        Ok(Self {
            address,
            accepting,
            heard,
        })
    }

    /// What services are given as `SLINGSHOT_REPORT`.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The next thing said; `None` once the stream is closed and every process is gone.
    pub(crate) async fn next(&mut self) -> Option<Heard> {
        self.heard.recv().await
    }

    /// Takes no new connections.
    pub(crate) fn close(&self) {
        self.accepting.abort();
    }
}

async fn read(stream: TcpStream, heard: mpsc::Sender<Heard>) {
    let mut stream = BufReader::new(stream);
    let mut line = Vec::new();
    let mut processes = BTreeSet::new();
    while let Ok(1..) = (&mut stream)
        .take(MAX_LINE)
        .read_until(b'\n', &mut line)
        .await
    {
        // A line that is cut off belongs to a process that was killed while it wrote.
        if let Ok(report) = serde_json::from_slice::<Report>(&line) {
            processes.insert((report.service.clone(), report.pid));
            if heard.send(Heard::Report(report)).await.is_err() {
                return;
            }
        }
        line.clear();
    }
    for (service, pid) in processes {
        heard.send(Heard::Gone { service, pid }).await.ok();
    }
}

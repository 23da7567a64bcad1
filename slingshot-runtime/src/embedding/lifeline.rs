//! What ties a process to the one that started it, where several are one service.

use std::{
    net::SocketAddr,
    sync::{Arc, OnceLock},
    time::Duration,
};

use serde::Serialize;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::{
        TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    time::{sleep, timeout},
};

use crate::{drain::DrainControl, meter::Meter, report::State};

/// How long the other end may take to answer, on the same machine.
const PATIENCE: Duration = Duration::from_secs(5);

/// How often to look whether the services are ready.
const INTERVAL: Duration = Duration::from_millis(20);

/// The longest command, with room for what may come.
const LONGEST_LINE: u64 = 64;

/// A connection to whoever started this process: it is told how the process is doing, says when to drain, and is
/// not outlived.
///
/// The process writes a line to say who it is, and then objects of JSON, one a line: where the admin server
/// listens, and each service with its replicas, in all processes, once it consumes; handlers without a service are one
/// without a name. The other end writes `drain`
/// and `leave`; its end means `drain`.
#[derive(Clone, Debug)]
pub struct Lifeline {
    address: SocketAddr,
    greeting: String,
    told: Arc<OnceLock<()>>,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
enum Told<'a> {
    Admin(SocketAddr),
    Ready { service: &'a str, replicas: u32 },
}

impl Lifeline {
    /// To where the other end listens, with the first line, by which it knows its own.
    #[must_use]
    pub fn new(address: SocketAddr, greeting: String) -> Self {
        Self {
            address,
            greeting,
            told: Arc::default(),
        }
    }

    /// What is set once the other end has been told that the services consume, or is gone.
    pub(super) fn told(&self) -> Arc<OnceLock<()>> {
        Arc::clone(&self.told)
    }

    /// Returns when the other end is gone.
    pub(crate) async fn attend(
        self,
        control: &DrainControl,
        admin: Option<SocketAddr>,
        meters: &[Arc<Meter>],
    ) {
        if let Err(error) = self.hold(control, admin, meters).await {
            tracing::debug!(%error, "the supervisor is gone");
        }
        self.told.get_or_init(|| ());
        control.begin();
    }

    async fn hold(
        &self,
        control: &DrainControl,
        admin: Option<SocketAddr>,
        meters: &[Arc<Meter>],
    ) -> std::io::Result<()> {
        let stream = timeout(PATIENCE, TcpStream::connect(self.address)).await??;
        stream.set_nodelay(true)?;
        let (reading, mut writing) = stream.into_split();
        writing.write_all(self.greeting.as_bytes()).await?;
        writing.write_all(b"\n").await?;
        let telling = async {
            self.tell_all(&mut writing, admin, meters).await?;
            // Held open: its end is the process's.
            std::future::pending().await
        };
        tokio::select! {
            ended = obey(reading, control) => ended,
            failed = telling => failed,
        }
    }

    /// Each service is told of once.
    async fn tell_all(
        &self,
        writing: &mut OwnedWriteHalf,
        admin: Option<SocketAddr>,
        meters: &[Arc<Meter>],
    ) -> std::io::Result<()> {
        if let Some(address) = admin {
            tell(writing, &Told::Admin(address)).await?;
        }
        if meters.is_empty() {
            // Handlers alone: they are served before this connection is made.
            let told = Told::Ready {
                service: "",
                replicas: 1,
            };
            tell(writing, &told).await?;
        }
        let mut waiting: Vec<_> = meters.iter().collect();
        while !waiting.is_empty() {
            let (ready, rest): (Vec<_>, Vec<_>) = waiting
                .into_iter()
                .partition(|meter| meter.health().state == State::Ready);
            for meter in ready {
                let health = meter.health();
                let told = Told::Ready {
                    service: &health.service,
                    replicas: meter.known_replicas().unwrap_or(1),
                };
                tell(writing, &told).await?;
            }
            waiting = rest;
            // What drains already is not told of, and has messages all the same.
            let drains = |meter: &&Arc<Meter>| meter.health().state == State::Draining;
            if waiting.iter().all(drains) {
                self.told.get_or_init(|| ());
            }
            sleep(INTERVAL).await;
        }
        Ok(())
    }
}

async fn tell(writing: &mut OwnedWriteHalf, told: &Told<'_>) -> std::io::Result<()> {
    let mut line = serde_json::to_vec(told)?;
    line.push(b'\n');
    timeout(PATIENCE, writing.write_all(&line)).await?
}

/// Until the other end is gone.
async fn obey(reading: OwnedReadHalf, control: &DrainControl) -> std::io::Result<()> {
    use tokio::io::AsyncReadExt as _;

    let mut reading = BufReader::new(reading);
    let mut line = String::new();
    loop {
        line.clear();
        let mut bounded = (&mut reading).take(LONGEST_LINE);
        if bounded.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        match line.trim_end() {
            "drain" => control.begin(),
            "leave" => control.leave(),
            unknown => tracing::debug!(unknown, "the supervisor says what nobody understands"),
        }
    }
}

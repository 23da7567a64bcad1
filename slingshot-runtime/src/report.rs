//! What a service tells `slingshot run`: JSON lines over TCP, each what happened since the last.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};
use slingshot_topology::CaseValue;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::Notify,
    time::{MissedTickBehavior, interval, timeout},
};

use crate::meter::Meter;

/// How often a service reports.
const INTERVAL: Duration = Duration::from_millis(100);

/// How long the listener may take to read. One that has stopped does not keep a service from ending.
const PATIENCE: Duration = Duration::from_secs(5);

/// What one service did since its last report. Sums over reports, and over restarts, are totals.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The service's name.
    pub service: String,
    /// Its process.
    pub pid: u32,
    /// What it is doing now.
    pub state: State,
    /// Messages delivered.
    pub received: u64,
    /// Messages whose outputs are confirmed.
    pub succeeded: u64,
    /// Messages that became dead letters.
    pub failed: u64,
    /// Messages of which a copy comes again, later.
    #[serde(default)]
    pub retried: u64,
    /// Messages that the function skipped.
    #[serde(default)]
    pub skipped: u64,
    /// Messages that had been processed before.
    #[serde(default)]
    pub duplicates: u64,
    /// Messages that are none of these yet, now.
    pub in_flight: u64,
    /// The queues in which messages wait for their next attempt: all that the process knows of.
    #[serde(default)]
    pub tiers: Vec<String>,
    /// Outputs, by case.
    pub cases: Vec<(CaseValue, u64)>,
    /// How long each call took, in microseconds.
    pub durations_us: Vec<u64>,
    /// Why messages became dead letters.
    pub dead_letter_reasons: Vec<String>,
}

/// What a service is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Not consuming yet, or not at the moment.
    #[default]
    Starting,
    /// Consuming.
    Ready,
    /// Finishing what runs.
    Draining,
}

impl State {
    /// Its name, as it is written everywhere.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Ready => "ready",
            Self::Draining => "draining",
        }
    }
}

/// Reports until `finish`, with a last report then, or until the listener is gone: `slingshot run` has
/// ended, or was killed.
pub(crate) async fn send(
    address: SocketAddr,
    meters: &[Arc<Meter>],
    finish: &Notify,
) -> std::io::Result<()> {
    let mut stream = timeout(PATIENCE, TcpStream::connect(address)).await??;
    stream.set_nodelay(true)?;
    let mut ticks = interval(INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut nothing = [0];
    loop {
        let (mut reading, mut writing) = stream.split();
        let last = tokio::select! {
            _ = ticks.tick() => false,
            () = finish.notified() => true,
            // The listener never speaks: an answer is its end.
            read = reading.read(&mut nothing) => match read? {
                0 => return Err(std::io::ErrorKind::UnexpectedEof.into()),
                _ => continue,
            },
        };
        for report in meters.iter().map(|meter| meter.take()) {
            let mut line = serde_json::to_vec(&report)?;
            line.push(b'\n');
            timeout(PATIENCE, writing.write_all(&line)).await??;
        }
        if last {
            return stream.shutdown().await;
        }
    }
}

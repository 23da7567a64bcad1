//! What a service tells `slingshot run`: JSON lines over TCP, each what happened since the last.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use serde::{Deserialize, Serialize};
use slingshot_topology::CaseValue;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::Notify,
    time::{MissedTickBehavior, interval, timeout},
};

/// How often a service reports.
const INTERVAL: Duration = Duration::from_millis(100);

/// How long the listener may take to read. One that has stopped does not keep a service from ending.
const PATIENCE: Duration = Duration::from_secs(5);

/// The most durations, and the most reasons, in one report. What is past it is counted and not listed.
const MOST_DURATIONS: usize = 10_000;
const MOST_REASONS: usize = 20;

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
    /// Messages that are neither, now.
    pub in_flight: u64,
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

/// Counts for one service. Without `slingshot run` nothing reads it, and it stays one report long.
#[derive(Debug)]
pub(crate) struct Meter {
    service: String,
    counts: Mutex<Counts>,
    /// Whether anybody is to be told.
    listening: bool,
}

#[derive(Debug, Default)]
struct Counts {
    state: State,
    received: u64,
    succeeded: u64,
    failed: u64,
    in_flight: u64,
    cases: BTreeMap<CaseValue, u64>,
    durations_us: Vec<u64>,
    reasons: Vec<String>,
    changed: bool,
}

impl Meter {
    pub(crate) fn new(service: &str, listening: bool) -> Self {
        Self {
            service: service.to_owned(),
            counts: Mutex::default(),
            listening,
        }
    }

    pub(crate) fn state(&self, state: State) {
        self.count(|counts| counts.state = state);
    }

    pub(crate) fn received(&self) {
        self.count(|counts| {
            counts.received += 1;
            counts.in_flight += 1;
        });
    }

    /// Messages that go back to their queue are not in flight any more.
    pub(crate) fn given_back(&self, messages: u64) {
        self.count(|counts| counts.in_flight = counts.in_flight.saturating_sub(messages));
    }

    pub(crate) fn called(&self, elapsed: Duration) {
        self.count(|counts| {
            if counts.durations_us.len() < MOST_DURATIONS {
                let microseconds = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX);
                counts.durations_us.push(microseconds);
            }
        });
    }

    pub(crate) fn succeeded(&self, cases: Vec<CaseValue>) {
        self.count(|counts| {
            counts.succeeded += 1;
            counts.in_flight = counts.in_flight.saturating_sub(1);
            for case in cases {
                *counts.cases.entry(case).or_default() += 1;
            }
        });
    }

    pub(crate) fn failed(&self, reason: impl FnOnce() -> String) {
        self.count(|counts| {
            counts.failed += 1;
            counts.in_flight = counts.in_flight.saturating_sub(1);
            if counts.reasons.len() < MOST_REASONS {
                counts.reasons.push(reason());
            }
        });
    }

    /// What changed since the last time, if anything did.
    fn take(&self) -> Option<Report> {
        let mut counts = self.counts();
        if !counts.changed {
            return None;
        }
        let remaining = Counts {
            state: counts.state,
            in_flight: counts.in_flight,
            ..Counts::default()
        };
        let taken = std::mem::replace(&mut *counts, remaining);
        Some(Report {
            service: self.service.clone(),
            pid: std::process::id(),
            state: taken.state,
            received: taken.received,
            succeeded: taken.succeeded,
            failed: taken.failed,
            in_flight: taken.in_flight,
            cases: taken.cases.into_iter().collect(),
            durations_us: taken.durations_us,
            dead_letter_reasons: taken.reasons,
        })
    }

    fn count(&self, change: impl FnOnce(&mut Counts)) {
        if self.listening {
            let mut counts = self.counts();
            change(&mut counts);
            counts.changed = true;
        }
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
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
        for report in meters.iter().filter_map(|meter| meter.take()) {
            let mut line = serde_json::to_vec(&report)?;
            line.push(b'\n');
            timeout(PATIENCE, writing.write_all(&line)).await??;
        }
        if last {
            return stream.shutdown().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_what_changed_and_what_is_in_flight() {
        let meter = Meter::new("sniff", true);
        meter.state(State::Ready);
        meter.received();
        meter.received();
        meter.called(Duration::from_millis(2));
        meter.succeeded(vec![CaseValue::text("text")]);
        let first = meter.take().expect("something happened");
        assert_eq!(
            serde_json::to_value(&first).unwrap(),
            serde_json::json!({
                "service": "sniff", "pid": std::process::id(), "state": "ready",
                "received": 2, "succeeded": 1, "failed": 0, "in_flight": 1,
                "cases": [["text", 1]], "durations_us": [2000], "dead_letter_reasons": [],
            })
        );
        assert_eq!(meter.take(), None);

        meter.failed(|| "no".to_owned());
        let second = meter.take().expect("something happened");
        assert_eq!(
            (second.received, second.failed, second.in_flight),
            (0, 1, 0)
        );
    }
}

//! What a service counts and in what state it is: the one recorder that `slingshot run`'s reports, the metrics
//! and the readiness are taken from.

mod health;
mod instruments;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use slingshot_topology::CaseValue;

pub(crate) use health::{Answer, Dependency, DependencyHealth, Health};
pub(crate) use instruments::Direction;

use health::Watch;
use instruments::Instruments;

use crate::{
    amqp::BrokerError,
    argument::Needs,
    metrics::Metrics,
    report::{Report, State},
    trace::Tracer,
};

/// The most durations, and the most reasons, in one report. What is past it is counted and not listed.
const MOST_DURATIONS: usize = 10_000;
const MOST_REASONS: usize = 20;

/// How a message ended for this service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// Its outputs are confirmed; with the case of each.
    Succeeded(Vec<CaseValue>),
    /// A copy of it comes again.
    Retried {
        /// The nominal delay, as its queue's name has it.
        delay: Duration,
    },
    /// It is a dead letter.
    DeadLettered {
        /// The kind of failure: the value of `x-slingshot-error-type`.
        kind: &'static str,
        /// The failure's own words.
        reason: String,
    },
    /// The function said that there is nothing to do.
    Skipped,
    /// It was processed before, and its stored outputs were published again.
    Duplicate,
}

impl Ending {
    /// Its name, as metrics and traces have it.
    pub(crate) fn outcome(&self) -> &'static str {
        match self {
            Self::Succeeded(_) => "ack",
            Self::Retried { .. } => "retry",
            Self::DeadLettered { .. } => "dead_letter",
            Self::Skipped => "skip",
            Self::Duplicate => "duplicate",
        }
    }
}

/// Counts for one service.
#[derive(Debug)]
pub(crate) struct Meter {
    service: String,
    counts: Mutex<Counts>,
    /// Whether `slingshot run` is to be told.
    listening: bool,
    instruments: Instruments,
    watch: Watch,
    tracer: Tracer,
    /// How many replicas the service has, in all its processes. 0 until that is known.
    replicas: AtomicU32,
}

#[derive(Debug, Default)]
struct Counts {
    state: State,
    received: u64,
    succeeded: u64,
    failed: u64,
    retried: u64,
    skipped: u64,
    duplicates: u64,
    in_flight: u64,
    tiers: BTreeSet<String>,
    cases: BTreeMap<CaseValue, u64>,
    durations_us: Vec<u64>,
    reasons: Vec<String>,
}

impl Meter {
    pub(crate) fn new(service: &str, listening: bool, metrics: Metrics, tracer: Tracer) -> Self {
        Self {
            service: service.to_owned(),
            counts: Mutex::default(),
            listening,
            instruments: Instruments::new(metrics, service),
            watch: Watch::default(),
            tracer,
            replicas: AtomicU32::new(0),
        }
    }

    /// Who makes the spans.
    pub(crate) fn tracer(&self) -> &Tracer {
        &self.tracer
    }

    /// The queue that the service consumes, once it is known.
    pub(crate) fn queue(&self, queue: &str) {
        self.instruments.queue(queue);
    }

    /// How many replicas it has, in all its processes.
    pub(crate) fn replicas(&self, replicas: u32) {
        self.replicas.store(replicas, Ordering::Relaxed);
    }

    /// None until that is known.
    pub(crate) fn known_replicas(&self) -> Option<u32> {
        let replicas = self.replicas.load(Ordering::Relaxed);
        (replicas > 0).then_some(replicas)
    }

    pub(crate) fn state(&self, state: State) {
        self.count(|counts| counts.state = state);
        self.instruments.state(state);
        if self.watch.state(state) {
            self.instruments.reconnected();
        }
    }

    /// The service is being prepared, and has used nothing yet of what it depends on.
    pub(crate) fn starting(&self, needs: Needs) {
        self.state(State::Starting);
        for dependency in Dependency::of(needs) {
            self.watch.expect(dependency);
        }
    }

    /// A dependency did what one message asked of it. Whether an outage is over, [`Meter::dependency`] is told.
    pub(crate) fn used(&self, dependency: Dependency) {
        if self.watch.used(dependency) {
            self.instruments.dependency(dependency, true);
        }
    }

    /// What came of the latest attempt to use a dependency. One that has not been used is not waited for.
    pub(crate) fn dependency(&self, dependency: Dependency, answer: Result<(), String>) {
        if self.watch.dependency(dependency, answer) {
            self.instruments
                .dependency(dependency, self.watch.is_up(dependency));
        }
    }

    /// Messages wait for their next attempt in this queue, or may.
    pub(crate) fn tier(&self, queue: String) {
        self.count(|counts| {
            counts.tiers.insert(queue);
        });
    }

    /// The state of the consumer, and of what it depends on.
    pub(crate) fn health(&self) -> Health {
        self.watch.health(&self.service)
    }

    /// A message was delivered, that long after it was published if that is known.
    pub(crate) fn received(&self, queued: Option<Duration>) {
        self.instruments.received(queued);
        self.count(|counts| {
            counts.received += 1;
            counts.in_flight += 1;
        });
    }

    /// The function returned, or its time was over. `failed` is the kind of its failure.
    pub(crate) fn called(&self, elapsed: Duration, failed: Option<&'static str>) {
        self.instruments.called(elapsed, failed);
        self.count(|counts| {
            if counts.durations_us.len() < MOST_DURATIONS {
                let microseconds = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX);
                counts.durations_us.push(microseconds);
            }
        });
    }

    /// A message is settled.
    pub(crate) fn ended(&self, ending: Ending) {
        self.instruments.ended(&ending);
        self.count(|counts| {
            counts.in_flight = counts.in_flight.saturating_sub(1);
            match ending {
                Ending::Succeeded(cases) => {
                    counts.succeeded += 1;
                    for case in cases {
                        *counts.cases.entry(case).or_default() += 1;
                    }
                }
                Ending::Retried { .. } => counts.retried += 1,
                Ending::DeadLettered { reason, .. } => {
                    counts.failed += 1;
                    if counts.reasons.len() < MOST_REASONS {
                        counts.reasons.push(reason);
                    }
                }
                Ending::Skipped => counts.skipped += 1,
                Ending::Duplicate => counts.duplicates += 1,
            }
        });
    }

    /// Messages that go back to their queue are not in flight any more.
    pub(crate) fn given_back(&self, messages: u64) {
        let by_drain = self.watch.current() == State::Draining;
        self.instruments.given_back(messages, by_drain);
        self.count(|counts| counts.in_flight = counts.in_flight.saturating_sub(messages));
    }

    /// A message was published, and the broker has answered, or not.
    pub(crate) fn sent(&self, queue: &str, elapsed: Duration, answer: Result<(), &BrokerError>) {
        let failed = answer.err().map(BrokerError::kind);
        self.instruments.sent(queue, elapsed, failed);
        if let Err(BrokerError::Returned { .. }) = answer {
            self.instruments.unroutable(queue);
        }
    }

    /// An object was read or written.
    pub(crate) fn object(&self, direction: Direction, bytes: u64, elapsed: Duration) {
        self.instruments.object(direction, bytes, elapsed);
    }

    /// What changed since the last time. That nothing did is news as well: it is so at this moment.
    pub(crate) fn take(&self) -> Report {
        let mut counts = locked(&self.counts);
        let remaining = Counts {
            state: counts.state,
            in_flight: counts.in_flight,
            tiers: counts.tiers.clone(),
            ..Counts::default()
        };
        let taken = std::mem::replace(&mut *counts, remaining);
        Report {
            service: self.service.clone(),
            pid: std::process::id(),
            state: taken.state,
            received: taken.received,
            succeeded: taken.succeeded,
            failed: taken.failed,
            retried: taken.retried,
            skipped: taken.skipped,
            duplicates: taken.duplicates,
            in_flight: taken.in_flight,
            tiers: taken.tiers.into_iter().collect(),
            cases: taken.cases.into_iter().collect(),
            durations_us: taken.durations_us,
            dead_letter_reasons: taken.reasons,
        }
    }

    /// Without `slingshot run` nobody takes reports, and nothing is kept for them.
    fn count(&self, change: impl FnOnce(&mut Counts)) {
        if self.listening {
            change(&mut locked(&self.counts));
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_what_changed_and_what_is_in_flight() {
        let meter = Meter::new("sniff", true, Metrics::new(), Tracer::default());
        meter.state(State::Ready);
        meter.tier("in.retry.1s".to_owned());
        for _ in 0..5 {
            meter.received(None);
        }
        meter.called(Duration::from_millis(2), None);
        meter.ended(Ending::Succeeded(vec![CaseValue::text("text")]));
        meter.ended(Ending::Skipped);
        meter.ended(Ending::Duplicate);
        let delay = Duration::from_secs(1);
        meter.ended(Ending::Retried { delay });
        let first = meter.take();
        assert_eq!(
            serde_json::to_value(&first).unwrap(),
            serde_json::json!({
                "service": "sniff", "pid": std::process::id(), "state": "ready",
                "received": 5, "succeeded": 1, "failed": 0, "retried": 1, "skipped": 1, "duplicates": 1,
                "in_flight": 1, "tiers": ["in.retry.1s"],
                "cases": [["text", 1]], "durations_us": [2000], "dead_letter_reasons": [],
            })
        );
        let nothing = meter.take();
        assert_eq!((nothing.succeeded, nothing.in_flight), (0, 1));
        assert_eq!(nothing.state, State::Ready);

        meter.ended(Ending::DeadLettered {
            kind: "panic",
            reason: "no".to_owned(),
        });
        let second = meter.take();
        assert_eq!(
            (second.received, second.failed, second.in_flight),
            (0, 1, 0)
        );
    }
}

//! One service's metrics, each with its labels made once.

use std::{
    collections::BTreeMap,
    sync::{Mutex, OnceLock, PoisonError},
    time::Duration,
};

use prometheus_client::metrics::{counter::Counter, gauge::Gauge, histogram::Histogram};

use slingshot_settings::duration;

use super::{Dependency, Ending};
use crate::{
    metrics::{Labels, Metrics},
    report::State,
};

/// Which way an object goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    Read,
    Write,
}

/// What one service adds to the process's metrics.
#[derive(Debug)]
pub(super) struct Instruments {
    metrics: Metrics,
    service: String,
    in_flight: Gauge,
    // Counters are there from the start: a rate needs a zero to rise from.
    reconnects: Counter,
    drain_returned: Counter,
    /// What is known once the queue is.
    inbox: OnceLock<Inbox>,
    /// By the queue that is published to.
    sent: Mutex<BTreeMap<String, Sent>>,
}

#[derive(Debug)]
struct Inbox {
    queue: String,
    consumed: Counter,
    processing: Histogram,
    queue_times: Histogram,
    acknowledged: Counter,
}

#[derive(Clone, Debug)]
struct Sent {
    messages: Counter,
    durations: Histogram,
}

impl Instruments {
    pub(super) fn new(metrics: Metrics, service: &str) -> Self {
        let of_service = vec![("slingshot_service", service.to_owned())];
        Self {
            reconnects: metrics.reconnects.get_or_create_owned(&of_service),
            drain_returned: metrics.drain_returned.get_or_create_owned(&of_service),
            in_flight: metrics.in_flight.get_or_create_owned(&of_service),
            service: service.to_owned(),
            inbox: OnceLock::new(),
            sent: Mutex::default(),
            metrics,
        }
    }

    pub(super) fn queue(&self, queue: &str) {
        let destination = self.destination(queue, "process");
        let of_queue = self.labels(&[("messaging_destination_name", queue)]);
        let outcomes = ["ack", "retry", "dead_letter", "skip", "duplicate"];
        let [acknowledged, ..] = outcomes.map(|outcome| {
            let labels = self.labels(&[("outcome", outcome)]);
            self.metrics.processed.get_or_create_owned(&labels)
        });
        let inbox = Inbox {
            queue: queue.to_owned(),
            consumed: self.metrics.consumed.get_or_create_owned(&destination),
            processing: self.metrics.processing.get_or_create_owned(&destination),
            queue_times: self.metrics.queue_times.get_or_create_owned(&of_queue),
            acknowledged,
        };
        if self.inbox.set(inbox).is_err() {
            tracing::debug!(service = self.service, queue, "the queue was known before");
        }
    }

    pub(super) fn state(&self, state: State) {
        for each in [State::Starting, State::Ready, State::Draining] {
            let labels = self.labels(&[("state", each.name())]);
            let gauge = self.metrics.consumer_state.get_or_create_owned(&labels);
            gauge.set(i64::from(each == state));
        }
    }

    pub(super) fn reconnected(&self) {
        self.reconnects.inc();
    }

    pub(super) fn dependency(&self, dependency: Dependency, up: bool) {
        let labels = self.labels(&[("dependency", dependency.name())]);
        let gauge = self.metrics.dependency_up.get_or_create_owned(&labels);
        gauge.set(i64::from(up));
    }

    pub(super) fn received(&self, queued: Option<Duration>) {
        self.in_flight.inc();
        if let Some(inbox) = self.inbox.get() {
            inbox.consumed.inc();
            if let Some(queued) = queued {
                inbox.queue_times.observe(queued.as_secs_f64());
            }
        }
    }

    pub(super) fn called(&self, elapsed: Duration, failed: Option<&'static str>) {
        let Some(inbox) = self.inbox.get() else {
            return;
        };
        match failed {
            None => inbox.processing.observe(elapsed.as_secs_f64()),
            Some(kind) => {
                let mut labels = self.destination(&inbox.queue, "process");
                labels.push(("error_type", kind.to_owned()));
                let histogram = self.metrics.processing.get_or_create_owned(&labels);
                histogram.observe(elapsed.as_secs_f64());
            }
        }
    }

    pub(super) fn ended(&self, ending: &Ending) {
        self.in_flight.dec();
        match ending {
            Ending::Succeeded(_) => {
                if let Some(inbox) = self.inbox.get() {
                    inbox.acknowledged.inc();
                }
                return;
            }
            Ending::Retried { delay } => {
                let labels = self.labels(&[("delay", &duration::written(*delay))]);
                self.metrics.retries.get_or_create_owned(&labels).inc();
            }
            Ending::DeadLettered { kind, .. } => {
                let labels = self.labels(&[("error_type", kind)]);
                self.metrics.dead_letters.get_or_create_owned(&labels).inc();
            }
            Ending::Skipped | Ending::Duplicate => {}
        }
        let labels = self.labels(&[("outcome", ending.outcome())]);
        self.metrics.processed.get_or_create_owned(&labels).inc();
    }

    pub(super) fn given_back(&self, messages: u64, by_drain: bool) {
        let messages_in_flight = i64::try_from(messages).unwrap_or(i64::MAX);
        self.in_flight.dec_by(messages_in_flight);
        if by_drain {
            self.drain_returned.inc_by(messages);
        }
    }

    pub(super) fn sent(&self, queue: &str, elapsed: Duration, failed: Option<&'static str>) {
        let sent = self.sent_to(queue);
        sent.messages.inc();
        let Some(kind) = failed else {
            sent.durations.observe(elapsed.as_secs_f64());
            return;
        };
        let mut labels = self.destination(queue, "publish");
        labels.push(("error_type", kind.to_owned()));
        let histogram = self.metrics.operations.get_or_create_owned(&labels);
        histogram.observe(elapsed.as_secs_f64());
    }

    pub(super) fn unroutable(&self, queue: &str) {
        let labels = self.labels(&[("messaging_destination_name", queue)]);
        self.metrics.unroutable.get_or_create_owned(&labels).inc();
    }

    pub(super) fn object(&self, direction: Direction, bytes: u64, elapsed: Duration) {
        let direction = match direction {
            Direction::Read => "read",
            Direction::Write => "write",
        };
        let labels = self.labels(&[("direction", direction)]);
        let durations = self.metrics.object_durations.get_or_create_owned(&labels);
        durations.observe(elapsed.as_secs_f64());
        let sum = self.metrics.object_bytes.get_or_create_owned(&labels);
        sum.inc_by(bytes);
    }

    fn sent_to(&self, queue: &str) -> Sent {
        let mut known = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sent) = known.get(queue) {
            return sent.clone();
        }
        let labels = self.destination(queue, "publish");
        let sent = Sent {
            messages: self.metrics.sent.get_or_create_owned(&labels),
            durations: self.metrics.operations.get_or_create_owned(&labels),
        };
        known.insert(queue.to_owned(), sent.clone());
        sent
    }

    /// The labels that OpenTelemetry's conventions ask for.
    fn destination(&self, queue: &str, operation: &str) -> Labels {
        self.labels(&[
            ("messaging_system", "rabbitmq"),
            ("messaging_operation_name", operation),
            ("messaging_destination_name", queue),
        ])
    }

    fn labels(&self, more: &[(&'static str, &str)]) -> Labels {
        let service = ("slingshot_service", self.service.clone());
        let more = more
            .iter()
            .map(|(name, value)| (*name, (*value).to_owned()));
        std::iter::once(service).chain(more).collect()
    }
}

//! What the services say to the broker and the broker to them, noted from outside: the test believes
//! nobody's own word about what was delivered and what was acknowledged.

mod connection;
mod frames;

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::{sync::watch, time::Instant};

pub(crate) use self::connection::{Direction, TappedConnection};

/// How much is remembered of one message: its first and its last days are the ones that matter.
const SIGHTINGS: usize = 40;

/// Notes of every connection between the services and the broker.
#[derive(Debug)]
pub(crate) struct Tap {
    begun: Instant,
    notes: Mutex<Notes>,
    /// Counts completions, to be waited for.
    completions: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct Notes {
    services: BTreeMap<String, Traffic>,
    sightings: HashMap<(String, String), Vec<String>>,
}

/// What one service was given and what it made of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Traffic {
    /// Messages that the broker handed out, each time counted.
    pub(crate) delivered: u64,
    /// Those of them that the broker says it may have handed out before.
    pub(crate) redelivered: u64,
    /// Those of them that had been acknowledged before under the same message id: what `deduplicate`
    /// must catch.
    pub(crate) repeated: u64,
    /// Copies that were published to be tried again, or as dead letters.
    pub(crate) tried_again: u64,
    completions: Vec<Completion>,
    done: HashSet<String>,
}

/// A message was acknowledged, and not because a copy of it was.
#[derive(Clone, Copy, Debug)]
struct Completion {
    at: Instant,
    /// When its connection began.
    born: Instant,
}

/// What counts as a sign of life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sign {
    /// Any message that is completed.
    Any,
    /// One that came by a connection which is younger than this.
    OnAConnectionSince(Instant),
}

/// Queues are called `chaos.<service>`, with `.dlq` or `.retry.<delay>` after it.
fn service_of(queue: &str) -> String {
    queue.split('.').nth(1).unwrap_or(queue).to_owned()
}

impl Tap {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            begun: Instant::now(),
            notes: Mutex::default(),
            completions: watch::Sender::default(),
        })
    }

    pub(crate) fn connection(self: &Arc<Self>) -> TappedConnection {
        TappedConnection::new(Arc::clone(self))
    }

    /// Waits for a sign of life of a service after an instant, and says when it was.
    pub(crate) async fn recovered(&self, service: &str, after: Instant, sign: Sign) -> Instant {
        let mut completions = self.completions.subscribe();
        loop {
            completions.mark_unchanged();
            if let Some(at) = self.first_sign(service, after, sign) {
                return at;
            }
            // The sender lives as long as we do.
            completions.changed().await.ok();
        }
    }

    fn first_sign(&self, service: &str, after: Instant, sign: Sign) -> Option<Instant> {
        let notes = self.notes();
        let completions = &notes.services.get(service)?.completions;
        let first = completions.partition_point(|completion| completion.at < after);
        let mut later = completions[first..].iter();
        let found = later.find(|completion| match sign {
            Sign::Any => true,
            Sign::OnAConnectionSince(since) => completion.born >= since,
        });
        found.map(|completion| completion.at)
    }

    /// How many messages were completed, of all services.
    pub(crate) fn count(&self) -> u64 {
        *self.completions.borrow()
    }

    pub(crate) fn traffic(&self, service: &str) -> Traffic {
        let notes = self.notes();
        notes.services.get(service).cloned().unwrap_or_default()
    }

    /// What was seen of the message of a service with a body, each with its second.
    pub(crate) fn sightings(&self, service: &str, body: u64) -> Vec<String> {
        let key = (service.to_owned(), body.to_string());
        let notes = self.notes();
        notes.sightings.get(&key).cloned().unwrap_or_default()
    }

    fn notes(&self) -> MutexGuard<'_, Notes> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn delivered(&self, service: &str, message_id: &str, body: &str, redelivered: bool) {
        let again = if redelivered {
            "delivered again"
        } else {
            "delivered"
        };
        self.saw(service, body, again);
        let mut notes = self.notes();
        let traffic = notes.services.entry(service.to_owned()).or_default();
        traffic.delivered += 1;
        traffic.redelivered += u64::from(redelivered);
        traffic.repeated += u64::from(traffic.done.contains(message_id));
    }

    fn tried_again(&self, service: &str) {
        let mut notes = self.notes();
        notes
            .services
            .entry(service.to_owned())
            .or_default()
            .tried_again += 1;
    }

    fn completed(&self, service: &str, message_id: String, completion: Completion) {
        {
            let mut notes = self.notes();
            let traffic = notes.services.entry(service.to_owned()).or_default();
            traffic.completions.push(completion);
            traffic.done.insert(message_id);
        }
        self.completions.send_modify(|count| *count += 1);
    }

    fn saw(&self, service: &str, body: &str, what: &str) {
        let second = self.begun.elapsed().as_secs_f64();
        let key = (service.to_owned(), body.to_owned());
        let mut notes = self.notes();
        let sightings = notes.sightings.entry(key).or_default();
        if sightings.len() == SIGHTINGS {
            sightings.remove(SIGHTINGS / 2);
        }
        sightings.push(format!("{second:.3} {what}"));
    }
}

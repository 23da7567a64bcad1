//! When a failed message comes again, and when it does not any more. Decides; [`settle`](crate::settle) acts.

use std::{
    collections::BTreeMap,
    time::{Duration, SystemTime},
};

use slingshot_settings::{Retry, duration};

use crate::{
    backoff,
    delivery::{self, Header},
    error::Class,
    failure::{Failure, Kind},
    timestamp,
};

/// The waits that an error of the function's own can ask for: each is a queue, made when it is first needed.
/// A wait between two of them is spent in the longer one's queue.
const LADDER: [Duration; 15] = [
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(5),
    Duration::from_secs(10),
    Duration::from_secs(30),
    Duration::from_mins(1),
    Duration::from_mins(2),
    Duration::from_mins(5),
    Duration::from_mins(10),
    Duration::from_mins(30),
    Duration::from_hours(1),
    Duration::from_hours(2),
    Duration::from_hours(6),
    Duration::from_hours(12),
    LONGEST_WAIT,
];

/// The longest wait that an error can ask for.
const LONGEST_WAIT: Duration = Duration::from_hours(24);

/// How long an outage may keep a message from its next attempt until somebody has to look at it.
const LONGEST_OUTAGE: Duration = Duration::from_hours(24);

/// A queue that counts redeliveries itself may do so this often before the message has to wait in between,
/// as it may be what ends the processes that have it.
pub(crate) const SUSPICIOUS_REDELIVERIES: u32 = 3;

/// What may end its processes waits up to this long, however short other waits are to be: for longer than a process
/// takes to start, so that what is in hand with it each time is worked on between two deaths.
const LONGEST_AFTER_CRASHES: Duration = Duration::from_secs(10);

/// From here on it is what ends them.
const MOST_REDELIVERIES: u32 = 10;

const ATTEMPT: &str = "x-slingshot-attempt";
/// Counts how often an outage made a message wait without its attempt being counted.
const DEFERRED: &str = "x-slingshot-deferred";
/// Counts the deliveries whose end the broker did not learn.
const REDELIVERED: &str = "x-slingshot-redelivered";
pub(crate) const FIRST_FAILED_AT: &str = "x-slingshot-error-first-failed-at";

/// A queue in which messages wait for their next attempt, all of them equally long.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Tier {
    /// `<queue>.retry.<delay>`.
    pub(crate) queue: String,
    /// Where they go when they have waited: the queue that they came from.
    pub(crate) target: String,
    /// The longest that a message waits here.
    pub(crate) delay: Duration,
}

impl Tier {
    fn of(queue: &str, delay: Duration) -> Self {
        Self {
            queue: format!("{queue}.retry.{}", duration::written(delay)),
            target: queue.to_owned(),
            delay,
        }
    }
}

/// What is known of a message beside its failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct History {
    /// The number of this attempt, from 1.
    pub(crate) attempt: u32,
    /// How often an outage deferred it.
    pub(crate) deferred: u32,
    /// How often it was delivered again because nobody said what came of it.
    pub(crate) redelivered: u32,
    pub(crate) first_failed_at: Option<SystemTime>,
}

impl History {
    /// As its headers tell it.
    pub(crate) fn read(headers: &BTreeMap<String, Header>) -> Self {
        Self {
            attempt: delivery::number(headers, ATTEMPT).unwrap_or(1).max(1),
            deferred: delivery::number(headers, DEFERRED).unwrap_or(0),
            redelivered: delivery::number(headers, REDELIVERED).unwrap_or(0),
            first_failed_at: delivery::text(headers, FIRST_FAILED_AT).and_then(timestamp::parse),
        }
    }
}

/// What becomes of a failed message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It waits in a tier and comes again.
    Wait(Wait),
    /// It is a dead letter.
    Bury,
    /// It is done with, as the function asked.
    Skip,
}

/// A message's way through a tier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wait {
    pub(crate) tier: Tier,
    /// How long this message waits: no longer than the tier's delay.
    pub(crate) expiration: Duration,
    /// The count that tells its next delivery from this one.
    pub(crate) header: (&'static str, u32),
}

/// How one service's failed messages come again.
#[derive(Clone, Debug)]
pub(crate) struct Retries {
    queue: String,
    retry: Retry,
}

impl Retries {
    pub(crate) fn new(queue: &str, retry: Retry) -> Self {
        Self {
            queue: queue.to_owned(),
            retry: retry.bounded(),
        }
    }

    /// The tiers that ordinary failures go through, each once, from short to long.
    pub(crate) fn tiers(&self) -> Vec<Tier> {
        let attempts = 1..self.retry.max;
        let mut tiers = Vec::<Tier>::new();
        for tier in attempts.map(|attempt| self.tier(attempt)) {
            if tiers.last() == Some(&tier) {
                break;
            }
            tiers.push(tier);
        }
        tiers
    }

    /// The tier after that many failed attempts.
    fn tier(&self, attempts: u32) -> Tier {
        Tier::of(&self.queue, self.retry.delay_after(attempts))
    }

    /// The queue of the tier with this delay.
    pub(crate) fn queue_of(&self, delay: Duration) -> String {
        Tier::of(&self.queue, delay).queue
    }

    /// The longest wait that ordinary failures come to.
    fn longest(&self) -> Tier {
        self.tier(self.retry.max.saturating_sub(1).max(1))
    }

    /// What becomes of a message that has failed.
    pub(crate) fn fate(&self, failure: &Failure, history: &History, now: SystemTime) -> Fate {
        if failure.kind() == Kind::Crash {
            return self.after_crash(history.redelivered);
        }
        if failure.outage().is_some() {
            return self.after_outage(history, now);
        }
        let next = history.attempt.saturating_add(1);
        let is_last = history.attempt >= self.retry.max;
        let (tier, expiration) = match failure.class() {
            Class::Skip => return Fate::Skip,
            Class::Permanent => return Fate::Bury,
            Class::Transient | Class::RetryAfter(_) if is_last => return Fate::Bury,
            Class::Transient => {
                let tier = self.tier(history.attempt);
                let expiration = backoff::jittered(tier.delay);
                (tier, expiration)
            }
            Class::RetryAfter(wait) => {
                let wait = wait.clamp(Retry::SHORTEST_DELAY, LONGEST_WAIT);
                let rung = LADDER.into_iter().find(|rung| *rung >= wait);
                (Tier::of(&self.queue, rung.unwrap_or(LONGEST_WAIT)), wait)
            }
        };
        Fate::Wait(Wait {
            tier,
            expiration,
            header: (ATTEMPT, next),
        })
    }

    /// It waits even the first time, and not only so that its neighbours get through: a copy in its own queue
    /// could end the process before the original is acknowledged, and then there would be two.
    fn after_crash(&self, redelivered: u32) -> Fate {
        if redelivered >= MOST_REDELIVERIES {
            return Fate::Bury;
        }
        let retry = Retry {
            factor: self.retry.factor.max(2),
            max_delay: self.retry.max_delay.max(LONGEST_AFTER_CRASHES),
            ..self.retry
        };
        let tier = Tier::of(&self.queue, retry.delay_after(redelivered));
        Fate::Wait(Wait {
            expiration: backoff::jittered(tier.delay),
            tier,
            header: (REDELIVERED, redelivered),
        })
    }

    fn after_outage(&self, history: &History, now: SystemTime) -> Fate {
        let since = history.first_failed_at.unwrap_or(now);
        if now.duration_since(since).unwrap_or_default() > LONGEST_OUTAGE {
            return Fate::Bury;
        }
        let tier = self.longest();
        Fate::Wait(Wait {
            expiration: backoff::jittered(tier.delay),
            tier,
            header: (DEFERRED, history.deferred.saturating_add(1)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Error, meter::Dependency};

    const NOW: SystemTime = SystemTime::UNIX_EPOCH;

    const FIRST: History = History {
        attempt: 1,
        deferred: 0,
        redelivered: 0,
        first_failed_at: None,
    };

    fn retry(max: u32, initial: &str, factor: u32, max_delay: &str) -> Retry {
        let duration = |text| duration::parse(text).unwrap();
        Retry {
            max,
            initial: duration(initial),
            factor,
            max_delay: duration(max_delay),
        }
    }

    #[test]
    fn each_tier_is_named_after_its_delay() {
        let check = |retry: Retry, expected: &[&str]| {
            let tiers = Retries::new("in", retry).tiers();
            let names: Vec<_> = tiers.iter().map(|tier| tier.queue.as_str()).collect();
            assert_eq!(names, expected);
        };
        let names = ["in.retry.1s", "in.retry.2s", "in.retry.4s", "in.retry.8s"];
        check(Retry::DEFAULT, &names);
        check(retry(1, "1s", 2, "5m"), &[]);
        check(retry(100, "1s", 1, "5m"), &["in.retry.1s"]);
        let names = ["in.retry.30s", "in.retry.90s", "in.retry.2m"];
        check(retry(9, "30s", 3, "2m"), &names);
        check(
            retry(3, "1500ms", 2, "1h"),
            &["in.retry.1500ms", "in.retry.3s"],
        );
        check(retry(2, "90m", 2, "60h"), &["in.retry.90m"]);
        check(retry(3, "1d", 2, "60h"), &["in.retry.1d", "in.retry.2d"]);
    }

    /// The tier and the wait of each fate; a random wait is held against the tier's bounds.
    fn told(fate: &Fate) -> String {
        match fate {
            Fate::Wait(Wait {
                tier,
                expiration,
                header: (name, count),
            }) => {
                assert!(*expiration <= tier.delay, "the wait is cut by its tier");
                format!("{} {name} {count}", tier.queue)
            }
            other => format!("{other:?}"),
        }
    }

    fn fate_of(failure: &Failure, history: History) -> String {
        let retries = Retries::new("in", retry(4, "1s", 2, "5m"));
        told(&retries.fate(failure, &history, NOW))
    }

    fn returned(error: impl Into<crate::AnyError>) -> Failure {
        Failure::returned(error.into())
    }

    #[test]
    fn a_failure_that_may_pass_waits_longer_each_time_until_its_attempts_are_used_up() {
        let fates = (1..=5).map(|attempt| fate_of(&returned("no"), History { attempt, ..FIRST }));
        assert_eq!(
            fates.collect::<Vec<_>>(),
            [
                "in.retry.1s x-slingshot-attempt 2",
                "in.retry.2s x-slingshot-attempt 3",
                "in.retry.4s x-slingshot-attempt 4",
                "Bury",
                "Bury",
            ]
        );
    }

    #[test]
    fn a_function_says_what_becomes_of_its_message() {
        assert_eq!(fate_of(&returned(Error::permanent("no")), FIRST), "Bury");
        assert_eq!(fate_of(&returned(Error::skip("old")), FIRST), "Skip");
        let check = |seconds, rung: &str| {
            let wait = Duration::from_secs(seconds);
            let failure = returned(Error::retry_after(wait, "busy"));
            let expected = format!("in.retry.{rung} x-slingshot-attempt 2");
            assert_eq!(fate_of(&failure, FIRST), expected);
        };
        check(0, "1s");
        check(45, "1m");
        check(60, "1m");
        check(61, "2m");
        check(1_000_000, "1d");
        let last = History {
            attempt: 4,
            ..FIRST
        };
        let busy = returned(Error::retry_after(Duration::from_secs(1), "busy"));
        assert_eq!(fate_of(&busy, last), "Bury");
    }

    #[test]
    fn an_outage_costs_no_attempt_for_a_day() {
        let outage = Failure::new(Kind::Database, "gone").during(Dependency::Database);
        let check = |history: History, expected: &str| {
            assert_eq!(fate_of(&outage, history), expected);
        };
        check(FIRST, "in.retry.4s x-slingshot-deferred 1");
        let ago = |hours| Some(NOW - Duration::from_hours(hours));
        let long = History {
            attempt: 4,
            deferred: 280,
            first_failed_at: ago(23),
            ..FIRST
        };
        check(long, "in.retry.4s x-slingshot-deferred 281");
        let too_long = History {
            first_failed_at: ago(25),
            ..long
        };
        check(too_long, "Bury");
    }

    #[test]
    fn a_message_that_ends_its_processes_does_so_less_and_less_often() {
        let fates = (1..=11).map(|redelivered| {
            let history = History {
                redelivered,
                ..FIRST
            };
            fate_of(&Failure::crashed(redelivered), history)
        });
        let fates: Vec<_> = fates.collect();
        assert_eq!(
            fates.join("\n"),
            "in.retry.1s x-slingshot-redelivered 1\n\
             in.retry.2s x-slingshot-redelivered 2\n\
             in.retry.4s x-slingshot-redelivered 3\n\
             in.retry.8s x-slingshot-redelivered 4\n\
             in.retry.16s x-slingshot-redelivered 5\n\
             in.retry.32s x-slingshot-redelivered 6\n\
             in.retry.64s x-slingshot-redelivered 7\n\
             in.retry.128s x-slingshot-redelivered 8\n\
             in.retry.256s x-slingshot-redelivered 9\n\
             Bury\n\
             Bury"
        );
    }

    #[test]
    fn waits_that_are_short_grow_all_the_same_where_a_message_ends_its_processes() {
        let waits = |retry: Retry| {
            let retries = Retries::new("in", retry);
            let delays = (1..=9).map(|redelivered| {
                let history = History {
                    redelivered,
                    ..FIRST
                };
                match retries.fate(&Failure::crashed(redelivered), &history, NOW) {
                    Fate::Wait(wait) => duration::written(wait.tier.delay),
                    other => format!("{other:?}"),
                }
            });
            delays.collect::<Vec<_>>().join(" ")
        };
        assert_eq!(
            waits(retry(4, "100ms", 2, "200ms")),
            "100ms 200ms 400ms 800ms 1600ms 3200ms 6400ms 10s 10s"
        );
        assert_eq!(
            waits(retry(4, "3s", 1, "3s")),
            "3s 6s 10s 10s 10s 10s 10s 10s 10s"
        );
    }
}

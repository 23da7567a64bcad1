//! A dead letter, as its headers tell of it. Each header may be missing or be something else: a letter may
//! come from a broker's own dead-lettering, from the predecessor, or from anybody.

use std::{
    collections::BTreeMap,
    time::{Duration, SystemTime},
};

use aws_smithy_types::date_time::{DateTime, Format};

use crate::{
    amqp::Inbound,
    delivery::{self, Header},
};

/// A message that failed for good.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DeadLetter {
    /// What the message carried: an id, unless that was what failed.
    pub body: Vec<u8>,
    /// What kind of thing went wrong, such as `error` or `undecodable`; the broker's word, such as `expired`,
    /// when it was the broker that gave up.
    pub error_type: Option<String>,
    /// Why it failed.
    pub message: Option<String>,
    /// The error and its causes, a line each.
    pub chain: Option<String>,
    /// The service that it failed in.
    pub service: Option<String>,
    /// The attempt that failed last.
    pub attempt: Option<u32>,
    /// When it failed for the first time, as RFC 3339 writes it.
    pub first_failed_at: Option<String>,
    /// When it failed for good, as RFC 3339 writes it.
    pub failed_at: Option<String>,
    /// The queue that it failed in.
    pub original_queue: Option<String>,
    /// How often it was replayed.
    pub replayed: u32,
    /// The trace that it belongs to.
    pub trace_id: Option<String>,
    /// The id that its producer gave it.
    pub message_id: Option<String>,
    /// Who published it.
    pub app_id: Option<String>,
    /// How often the broker took it back, as quorum queues count.
    pub delivery_count: Option<u64>,
    /// What the broker says of its own dead-lettering, the latest first.
    pub deaths: Vec<Death>,
    /// All of its headers.
    pub headers: BTreeMap<String, Header>,
}

/// One entry of `x-death`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Death {
    /// The queue that it was taken from.
    pub queue: String,
    /// `rejected`, `expired`, `maxlen` or `delivery_limit`.
    pub reason: String,
    /// How often.
    pub count: u64,
    /// When it happened first, in seconds since 1970.
    pub time: Option<u64>,
}

impl DeadLetter {
    pub(crate) fn of(inbound: &Inbound) -> Self {
        let headers = inbound.headers();
        let deaths = inbound.deaths();
        let text = |name: &str| delivery::text(&headers, name).map(str::to_owned);
        let latest = deaths.first();
        let first_failed_at = text("x-slingshot-error-first-failed-at");
        Self {
            body: inbound.body().to_vec(),
            error_type: text("x-slingshot-error-type")
                .or_else(|| latest.map(|death| death.reason.clone())),
            message: text("x-slingshot-error-message"),
            chain: text("x-slingshot-error-chain"),
            service: text("x-slingshot-error-service"),
            attempt: number(&headers, "x-slingshot-error-attempt"),
            first_failed_at,
            failed_at: text("x-slingshot-error-failed-at")
                .or_else(|| latest.and_then(|death| rfc3339(death.time?))),
            original_queue: text("x-slingshot-error-original-queue").or_else(|| died_in(&deaths)),
            replayed: replayed(&headers),
            trace_id: text("traceparent").and_then(|it| trace_id(&it)),
            message_id: inbound.message_id().map(str::to_owned),
            app_id: inbound.app_id().map(str::to_owned),
            delivery_count: number(&headers, "x-delivery-count"),
            deaths,
            headers,
        }
    }

    /// The id that it carries, if it carries one.
    pub fn id(&self) -> Option<u64> {
        let text = str::from_utf8(&self.body).ok()?;
        text.trim().parse().ok()
    }

    /// When it failed for good.
    pub fn failed(&self) -> Option<SystemTime> {
        let at = DateTime::from_str(self.failed_at.as_deref()?, Format::DateTimeWithOffset).ok()?;
        let seconds = u64::try_from(at.secs()).ok()?;
        SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds))
    }

    /// How long ago it failed for good; nothing when its clock is ahead of ours.
    pub fn age(&self, now: SystemTime) -> Option<Duration> {
        Some(now.duration_since(self.failed()?).unwrap_or_default())
    }
}

/// The queue that the broker took it from. A queue in which a message waits for its next attempt dead-letters
/// too, on purpose: nothing died there.
fn died_in(deaths: &[Death]) -> Option<String> {
    let died = deaths
        .iter()
        .find(|death| !death.queue.contains(".retry."))?;
    Some(died.queue.clone())
}

/// How often a letter with these headers was replayed.
pub(crate) fn replayed(headers: &BTreeMap<String, Header>) -> u32 {
    number(headers, "x-slingshot-replayed").unwrap_or(0)
}

fn number<N: TryFrom<i128>>(headers: &BTreeMap<String, Header>, name: &str) -> Option<N> {
    let number = match headers.get(name)? {
        Header::Integer(number) => *number,
        Header::Text(text) => text.parse().ok()?,
        Header::Bool(_) | Header::Float(_) => return None,
    };
    N::try_from(number).ok()
}

/// The second field of W3C's `traceparent`.
fn trace_id(traceparent: &str) -> Option<String> {
    let id = traceparent.split('-').nth(1)?;
    let is_one = id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_one.then(|| id.to_owned())
}

fn rfc3339(seconds: u64) -> Option<String> {
    let at = DateTime::from_secs(i64::try_from(seconds).ok()?);
    at.fmt(Format::DateTime).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_s_age_is_that_of_its_last_failure() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_mins(29_921_570);
        let check = |failed_at: Option<&str>, expected: Option<u64>| {
            let letter = DeadLetter {
                failed_at: failed_at.map(str::to_owned),
                ..DeadLetter::default()
            };
            let age = letter.age(now).map(|age| age.as_secs());
            assert_eq!(age, expected, "{failed_at:?}");
        };
        check(Some("2026-11-21T20:49:00Z"), Some(60));
        check(Some("2026-11-21T22:49:00+02:00"), Some(60));
        check(Some("2026-11-21T20:49:00.750Z"), Some(60));
        check(Some("2026-11-21T21:00:00Z"), Some(0));
        check(Some("yesterday"), None);
        check(None, None);
    }

    #[test]
    fn the_broker_s_own_dead_letters_died_where_work_was_done() {
        let death = |queue: &str| Death {
            queue: queue.to_owned(),
            ..Death::default()
        };
        let deaths = [death("in.retry.1s"), death("in"), death("before")];
        assert_eq!(died_in(&deaths).as_deref(), Some("in"));
        assert_eq!(died_in(&[]), None);
    }

    #[test]
    fn a_trace_id_is_taken_from_a_well_formed_header() {
        let check = |header: &str, expected: Option<&str>| {
            assert_eq!(trace_id(header).as_deref(), expected, "{header}");
        };
        check(
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            Some("4bf92f3577b34da6a3ce929d0e0e4736"),
        );
        check("00-short-00f067aa0ba902b7-01", None);
        check("", None);
    }

    #[test]
    fn an_id_is_decimal_text_and_nothing_else() {
        let check = |body: &[u8], expected| {
            let letter = DeadLetter {
                body: body.to_vec(),
                ..DeadLetter::default()
            };
            assert_eq!(letter.id(), expected);
        };
        check(b"7", Some(7));
        check(b"7\n", Some(7));
        check(b"-7", None);
        check(b"\xff\xfe", None);
        check(b"", None);
    }
}

//! Why a message failed, and how its dead letter says so.

use std::{any::Any, error::Error as StdError, time::SystemTime};

use crate::{
    AnyError,
    amqp::{BrokerError, Headers},
    error::{Class, Error},
};

/// The longest text in a header: the whole of a message's headers must fit one frame.
const LONGEST_TEXT: usize = 4 * 1024;

/// What kind of thing went wrong: the value of `x-slingshot-error-type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The body is not a u64 in decimal.
    Undecodable,
    /// The function returned an error.
    Error,
    /// The function returned an error that it marked permanent.
    Permanent,
    /// The function panicked.
    Panic,
    /// The function ran longer than it may.
    Timeout,
    /// A case has no route.
    Unrouted,
    /// A written file did not become an object.
    Upload,
    /// The database, or its transaction, failed.
    Database,
    /// An output could not be published.
    Publish,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Undecodable => "undecodable",
            Self::Error => "error",
            Self::Permanent => "permanent",
            Self::Panic => "panic",
            Self::Timeout => "timeout",
            Self::Unrouted => "unrouted",
            Self::Upload => "upload",
            Self::Database => "database",
            Self::Publish => "publish",
        }
    }
}

/// A message's failure, in words: a function's error is asked for them once, where its panic is caught.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    kind: Kind,
    message: String,
    chain: String,
}

impl Failure {
    pub(crate) fn new(kind: Kind, error: impl Into<AnyError>) -> Self {
        let error = error.into();
        Self {
            kind,
            message: shortened(&error.to_string()),
            chain: chain(&*error),
        }
    }

    /// The function's own error. Runs code of the function's: what the error displays.
    pub(crate) fn returned(error: AnyError) -> Self {
        let kind = match Error::class(&*error) {
            Class::Permanent => Kind::Permanent,
            Class::Transient | Class::RetryAfter(_) | Class::Skip => Kind::Error,
        };
        Self::new(kind, error)
    }

    /// The function's panic.
    pub(crate) fn panicked(payload: &(dyn Any + Send)) -> Self {
        let text = payload
            .downcast_ref::<&str>()
            .map(|text| (*text).to_owned())
            .or_else(|| payload.downcast_ref::<String>().cloned())
            .unwrap_or_else(|| "a panic without a message".to_owned());
        Self::new(Kind::Panic, format!("panicked: {text}"))
    }

    pub(crate) fn kind(&self) -> &'static str {
        self.kind.name()
    }

    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// Its headers on the dead letter.
    pub(crate) fn headers(&self, envelope: &FailedMessage<'_>) -> Headers {
        let now = rfc3339(SystemTime::now());
        let first = envelope.first_failed_at.map_or(now.clone(), str::to_owned);
        Headers::from([
            ("x-slingshot-error-attempt", envelope.attempt.to_string()),
            ("x-slingshot-error-chain", self.chain.clone()),
            ("x-slingshot-error-failed-at", now),
            ("x-slingshot-error-first-failed-at", first),
            ("x-slingshot-error-message", self.message.clone()),
            (
                "x-slingshot-error-original-queue",
                envelope.queue.to_owned(),
            ),
            ("x-slingshot-error-service", envelope.service.to_owned()),
            ("x-slingshot-error-type", self.kind().to_owned()),
        ])
    }
}

impl From<BrokerError> for Failure {
    fn from(error: BrokerError) -> Self {
        Self::new(Kind::Publish, error)
    }
}

/// What the headers of a dead letter say beside the error.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FailedMessage<'a> {
    pub(crate) service: &'a str,
    pub(crate) queue: &'a str,
    pub(crate) attempt: u32,
    /// When the message failed for the first time, if it did before.
    pub(crate) first_failed_at: Option<&'a str>,
}

/// The error and its sources, a line each.
fn chain(error: &(dyn StdError + 'static)) -> String {
    let errors = std::iter::successors(Some(error), |error| StdError::source(*error));
    let lines: Vec<_> = errors.map(ToString::to_string).collect();
    shortened(&lines.join("\n"))
}

fn shortened(text: &str) -> String {
    if text.len() <= LONGEST_TEXT {
        return text.to_owned();
    }
    let end = text.floor_char_boundary(LONGEST_TEXT);
    format!("{}…", text.get(..end).unwrap_or_default())
}

/// `2026-11-21T20:50:00Z`.
fn rfc3339(time: SystemTime) -> String {
    let seconds = time
        .duration_since(SystemTime::UNIX_EPOCH)
        .map_or(0, |elapsed| elapsed.as_secs());
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    // Howard Hinnant's `civil_from_days`, for days after 1970: years begin in March, so that the leap
    // day is a year's last.
    let shifted = days + 719_468;
    let era = shifted / 146_097;
    let day_of_era = shifted % 146_097;
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    let (hour, minute) = (second / 3_600, second / 60 % 60);
    format!(
        "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{:02}Z",
        second % 60
    )
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn times_are_written_as_rfc_3339() {
        let check = |seconds, expected: &str| {
            let time = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
            assert_eq!(rfc3339(time), expected);
        };
        check(0, "1970-01-01T00:00:00Z");
        check(951_782_399, "2000-02-28T23:59:59Z");
        check(951_782_400, "2000-02-29T00:00:00Z");
        check(1_795_294_200, "2026-11-21T20:50:00Z");
    }

    #[test]
    fn a_permanent_error_keeps_its_own_words() {
        let failure = Failure::returned(Error::permanent("no such customer").into());
        assert_eq!(
            (failure.kind(), failure.message()),
            ("permanent", "no such customer")
        );
    }

    #[test]
    fn a_panic_says_what_it_said() {
        let payload: Box<dyn Any + Send> = Box::new("index out of bounds".to_owned());
        assert_eq!(
            Failure::panicked(&*payload).message(),
            "panicked: index out of bounds"
        );
    }

    #[test]
    fn the_headers_tell_where_and_why() {
        let failure = Failure::new(Kind::Undecodable, "the body is not a u64");
        let mut headers = failure.headers(&FailedMessage {
            service: "sniff",
            queue: "inbox",
            attempt: 1,
            first_failed_at: Some("2026-11-21T20:50:00Z"),
        });
        headers.remove("x-slingshot-error-failed-at");
        let shown: Vec<_> = headers
            .iter()
            .map(|(name, value)| format!("{name}: {value}"))
            .collect();
        assert_eq!(
            shown,
            [
                "x-slingshot-error-attempt: 1",
                "x-slingshot-error-chain: the body is not a u64",
                "x-slingshot-error-first-failed-at: 2026-11-21T20:50:00Z",
                "x-slingshot-error-message: the body is not a u64",
                "x-slingshot-error-original-queue: inbox",
                "x-slingshot-error-service: sniff",
                "x-slingshot-error-type: undecodable",
            ]
        );
    }

    #[test]
    fn long_messages_are_cut_between_characters() {
        let text = shortened(&"é".repeat(LONGEST_TEXT));
        assert_eq!(text.len(), LONGEST_TEXT + "…".len());
    }
}

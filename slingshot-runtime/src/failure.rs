//! Why a message failed, and how its dead letter says so.

use std::{any::Any, error::Error as StdError, io, time::SystemTime};

use crate::{
    AnyError,
    amqp::{BrokerError, Headers},
    database::{DatabaseError, blames_the_server},
    error::{Class, Error},
    meter::Dependency,
    objects::{ObjectError, UploadError},
    retry::{FIRST_FAILED_AT, History},
    sys_map::SysMapError,
    timestamp::rfc3339,
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
    /// Process after process ended while it had the message.
    Crash,
}

impl Kind {
    pub(crate) fn name(self) -> &'static str {
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
            Self::Crash => "crash",
        }
    }

    fn class(self) -> Class {
        match self {
            Self::Undecodable | Self::Permanent | Self::Unrouted => Class::Permanent,
            Self::Error
            | Self::Panic
            | Self::Timeout
            | Self::Upload
            | Self::Database
            | Self::Publish
            | Self::Crash => Class::Transient,
        }
    }
}

/// A message's failure, in words: a function's error is asked for them once, where its panic is caught.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    kind: Kind,
    class: Class,
    outage: Option<Dependency>,
    message: String,
    chain: String,
}

impl Failure {
    pub(crate) fn new(kind: Kind, error: impl Into<AnyError>) -> Self {
        let error = error.into();
        let class = kind.class();
        Self {
            kind,
            class,
            outage: outage(&*error).filter(|_| class == Class::Transient),
            message: shortened(&error.to_string()),
            chain: chain(&*error),
        }
    }

    /// The function's own error. Runs code of the function's: what the error displays.
    pub(crate) fn returned(error: AnyError) -> Self {
        let class = Error::class(&*error);
        let kind = match class {
            Class::Permanent => Kind::Permanent,
            Class::Transient | Class::RetryAfter(_) | Class::Skip => Kind::Error,
        };
        let failure = Self::new(kind, error);
        Self {
            class,
            // The function may know better what an outage means for this message.
            outage: failure.outage.filter(|_| class == Class::Transient),
            ..failure
        }
    }

    /// A message that was redelivered so many times.
    pub(crate) fn crashed(redelivered: u32) -> Self {
        let reason = format!(
            "{redelivered} times, the process that had the message ended before it said what came of it"
        );
        Self::new(Kind::Crash, reason)
    }

    /// The function's panic.
    pub(crate) fn panicked(payload: &(dyn Any + Send)) -> Self {
        let text = panic_text(payload).unwrap_or("a panic without a message");
        Self::new(Kind::Panic, format!("panicked: {text}"))
    }

    /// The same, now that the dependency was found to be gone.
    pub(crate) fn during(self, outage: Dependency) -> Self {
        Self {
            outage: Some(outage).filter(|_| self.class == Class::Transient),
            ..self
        }
    }

    pub(crate) fn kind(&self) -> Kind {
        self.kind
    }

    pub(crate) fn class(&self) -> Class {
        self.class
    }

    /// Whose failure it is, if nothing is wrong with the message itself: it can wait.
    pub(crate) fn outage(&self) -> Option<Dependency> {
        self.outage
    }

    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// Its headers on the copy that waits for the next attempt, or is a dead letter.
    pub(crate) fn headers(&self, service: &str, queue: &str, history: &History) -> Headers {
        let now = SystemTime::now();
        let first = history.first_failed_at.unwrap_or(now);
        Headers::from([
            ("x-slingshot-error-attempt", history.attempt.to_string()),
            ("x-slingshot-error-chain", self.chain.clone()),
            ("x-slingshot-error-failed-at", rfc3339(now)),
            (FIRST_FAILED_AT, rfc3339(first)),
            ("x-slingshot-error-message", self.message.clone()),
            ("x-slingshot-error-original-queue", queue.to_owned()),
            ("x-slingshot-error-service", service.to_owned()),
            ("x-slingshot-error-type", self.kind.name().to_owned()),
        ])
    }
}

impl From<BrokerError> for Failure {
    fn from(error: BrokerError) -> Self {
        Self::new(Kind::Publish, error)
    }
}

/// The dependency whose outage an error stems from, if it is one.
fn outage(error: &(dyn StdError + 'static)) -> Option<Dependency> {
    let of_sys_map = |error: &SysMapError| error.may_pass();
    if ObjectError::of(error).is_some_and(ObjectError::is_outage) {
        return Some(Dependency::Objects);
    }
    let bucket = match find::<UploadError>(error) {
        Some(UploadError::Bucket(error)) => Some(error),
        _ => find::<SysMapError>(error),
    };
    if bucket.is_some_and(of_sys_map) {
        return Some(Dependency::SysMap);
    }
    let lost = find::<DatabaseError>(error).is_some_and(DatabaseError::is_outage)
        || find::<diesel::result::Error>(error).is_some_and(blames_the_server);
    lost.then_some(Dependency::Database)
}

/// The first error of a type among an error and its sources. An [`io::Error`] passes over what it wraps.
fn find<'a, E: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a E> {
    std::iter::successors(Some(error), |error| StdError::source(*error)).find_map(|error| {
        let wrapped = || find(error.downcast_ref::<io::Error>()?.get_ref()?);
        error.downcast_ref().or_else(wrapped)
    })
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

/// What a panic says, where that is a text.
pub(crate) fn panic_text(payload: &(dyn Any + Send)) -> Option<&str> {
    let text = payload.downcast_ref::<&str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::timestamp;

    #[test]
    fn an_outage_is_found_wherever_an_error_hides_it() {
        let check = |error: AnyError, expected| {
            assert_eq!(Failure::returned(error).outage(), expected);
        };
        let unreachable = || SysMapError::Unreachable {
            url: "https://sys-map/sniff/in".to_owned(),
            source: "connection refused".into(),
        };
        let closed = || {
            let words = Box::new("server closed the connection unexpectedly".to_owned());
            let kind = diesel::result::DatabaseErrorKind::ClosedConnection;
            diesel::result::Error::DatabaseError(kind, words)
        };
        check("no".into(), None);
        check(unreachable().into(), Some(Dependency::SysMap));
        check(
            io::Error::other(unreachable()).into(),
            Some(Dependency::SysMap),
        );
        check(
            UploadError::Bucket(unreachable()).into(),
            Some(Dependency::SysMap),
        );
        check(closed().into(), Some(Dependency::Database));
        check(diesel::result::Error::NotFound.into(), None);
        // The function has said what is to become of the message.
        check(Error::permanent(closed()).into(), None);
    }

    #[test]
    fn a_permanent_error_keeps_its_own_words() {
        let failure = Failure::returned(Error::permanent("no such customer").into());
        assert_eq!(
            (failure.kind().name(), failure.message()),
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
        let history = History {
            attempt: 1,
            deferred: 0,
            redelivered: 0,
            first_failed_at: timestamp::parse("2026-11-21T20:50:00Z"),
        };
        let mut headers = failure.headers("sniff", "inbox", &history);
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

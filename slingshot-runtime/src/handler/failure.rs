//! A call of a handler that did not lead to a reply.

use std::{borrow::Cow, error::Error as StdError, fmt, time::Duration};

use slingshot_settings::duration;
use thiserror::Error;

use crate::AnyError;

/// How the call of a function ended without a reply; what generated code returns.
#[derive(Debug)]
pub enum CallFailure {
    /// An argument could not be made of the data: the function was not called.
    Malformed(String),
    /// The function returned an error.
    Failed(AnyError),
}

/// An error that the caller has caused, with the HTTP status that says so: `Refusal::new(404, "no such order")`.
///
/// Every other error of a handler is answered as 500. It is found anywhere in an error's chain of sources.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    status: u16,
    message: Cow<'static, str>,
}

impl Refusal {
    /// A refusal. A status that does not lie between 400 and 599 becomes 500.
    pub fn new(status: u16, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            status: if (400..600).contains(&status) {
                status
            } else {
                500
            },
            message: message.into(),
        }
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// Whether somewhere among an error's sources there is one that blames the caller.
    pub(super) fn is_callers(error: &(dyn StdError + 'static)) -> bool {
        Self::status_of(error).is_some_and(|status| status < 500)
    }

    fn status_of(error: &(dyn StdError + 'static)) -> Option<u16> {
        let mut chain = std::iter::successors(Some(error), |error| StdError::source(*error));
        chain.find_map(|error| Some(error.downcast_ref::<Self>()?.status))
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl StdError for Refusal {}

/// A call of a handler that got no reply.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CallError {
    /// There is no handler of this name.
    #[error("Handler not found: {0}")]
    NotFound(String),
    /// What was sent is not what the handler takes.
    #[error("{message}")]
    Malformed {
        /// The handler.
        handler: String,
        /// What does not fit.
        message: String,
    },
    /// As many calls as may wait for the handler are waiting.
    #[error("the line of `{handler}` is full{}", occupied(*.replicas, *.waiting))]
    LineFull {
        /// The handler.
        handler: String,
        /// How many run at once; 0 where the handler is another process's that has not answered yet.
        replicas: u32,
        /// How many may wait; likewise.
        waiting: u32,
    },
    /// It took longer than it may.
    #[error("`{handler}` did not answer within its timeout of {}", duration::written(*.timeout))]
    Timeout {
        /// The handler.
        handler: String,
        /// How long it had.
        timeout: Duration,
    },
    /// Handlers call each other deeper than they may, or wait for themselves.
    #[error(
        "{}: handlers may call each other to a depth of {limit}, and each within its timeout",
        chain.join(" → ")
    )]
    TooDeep {
        /// The names of the handlers on the way, the first caller first.
        chain: Vec<String>,
        /// The deepest that is allowed.
        limit: usize,
    },
    /// The function returned an error.
    #[error("{message}")]
    Failed {
        /// The handler.
        handler: String,
        /// What the error says.
        message: String,
        /// The HTTP status, where the error was a [`Refusal`].
        status: Option<u16>,
    },
    /// The function panicked.
    #[error("`{handler}` panicked")]
    Panicked {
        /// The handler.
        handler: String,
    },
    /// The process that had the call ended, or its connection did. Only over a broker.
    #[error(
        "the process that was to answer for `{handler}` is gone: whether the call ran is not known"
    )]
    Lost {
        /// The handler.
        handler: String,
    },
    /// The process is on its way out.
    #[error("the process is shutting down")]
    Draining,
    /// The broker between the processes failed.
    #[error("the bus is not there: {0}")]
    Broker(String),
}

impl CallError {
    /// The HTTP status of the answer.
    pub fn status(&self) -> u16 {
        match self {
            Self::Malformed { .. } => 400,
            Self::NotFound(_) => 404,
            Self::LineFull { .. } => 429,
            Self::TooDeep { .. } | Self::Panicked { .. } => 500,
            Self::Failed { status, .. } => status.unwrap_or(500),
            Self::Lost { .. } | Self::Draining | Self::Broker(_) => 503,
            Self::Timeout { .. } => 504,
        }
    }

    /// What metrics and log lines call it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::NotFound(_) => "not-found",
            Self::Malformed { .. } => "malformed",
            Self::LineFull { .. } => "line-full",
            Self::Timeout { .. } => "timeout",
            Self::TooDeep { .. } => "too-deep",
            Self::Failed { .. } => "error",
            Self::Panicked { .. } => "panic",
            Self::Lost { .. } => "lost",
            Self::Draining => "draining",
            Self::Broker(_) => "broker",
        }
    }

    /// An error that a function of `handler` ended with.
    pub(crate) fn of(handler: &str, failure: CallFailure) -> Self {
        let handler = handler.to_owned();
        match failure {
            CallFailure::Malformed(message) => Self::Malformed { handler, message },
            CallFailure::Failed(error) => {
                // An error of the bus on its way up keeps its status: whose call was too deep, or timed out,
                // is the caller's to see.
                let inner = error.downcast_ref::<Self>().map(Self::status);
                let status = Refusal::status_of(&*error).or(inner.filter(|it| *it >= 500));
                Self::Failed {
                    handler,
                    message: error.to_string(),
                    status,
                }
            }
        }
    }
}

fn occupied(replicas: u32, waiting: u32) -> String {
    match replicas {
        0 => String::new(),
        _ => format!(": {replicas} calls run and {waiting} wait"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Error)]
    #[error("order 7: {0}")]
    struct Wrapped(#[source] Refusal);

    #[test]
    fn a_refusal_says_its_status_from_anywhere_in_the_chain() {
        let check = |error: AnyError, expected: (u16, &str)| {
            let error = CallError::of("orders", CallFailure::Failed(error));
            assert_eq!((error.status(), error.to_string().as_str()), expected);
        };
        check("disk full".into(), (500, "disk full"));
        check(Refusal::new(404, "gone").into(), (404, "gone"));
        check(Refusal::new(200, "odd").into(), (500, "odd"));
        check(
            Wrapped(Refusal::new(409, "taken")).into(),
            (409, "order 7: taken"),
        );
    }

    #[test]
    fn what_a_handler_s_own_call_ended_with_is_not_blamed_on_its_caller() {
        let check = |error: CallError, expected| {
            let outer = CallError::of("outer", CallFailure::Failed(error.into()));
            assert_eq!(outer.status(), expected);
        };
        check(CallError::NotFound("x".to_owned()), 500);
        let handler = || "inner".to_owned();
        let timeout = Duration::from_secs(1);
        check(
            CallError::Timeout {
                handler: handler(),
                timeout,
            },
            504,
        );
        check(CallError::Draining, 503);
    }
}

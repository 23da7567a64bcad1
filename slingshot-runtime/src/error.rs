//! Errors that functions return.

use std::{error::Error as StdError, fmt, time::Duration};

use slingshot_settings::duration;

/// Any error: what a function's error becomes.
pub type AnyError = Box<dyn StdError + Send + Sync>;

/// The last error of a chain of sources: it says what happened, and those before it that something did.
pub(crate) fn last_cause<'a>(error: &'a (dyn StdError + 'static)) -> &'a (dyn StdError + 'static) {
    std::iter::successors(Some(error), |error| StdError::source(*error))
        .last()
        .unwrap_or(error)
}

/// An error that says what should become of its message.
///
/// Every other error is taken as one that may pass: its message is tried again, as often as the service's
/// retry says. What is said here holds from anywhere in an error's chain of sources, so that an error may
/// be wrapped on its way out; where several say something, the outermost does.
#[derive(Debug)]
pub struct Error {
    mark: Mark,
}

/// What should become of a message whose function returned an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// It is tried again after the next wait.
    Transient,
    /// It is a dead letter.
    Permanent,
    /// It is tried again after this wait.
    RetryAfter(Duration),
    /// It is done with, as if it had never been.
    Skip,
}

impl Error {
    /// An error that trying again cannot cure: the message becomes a dead letter at once.
    pub fn permanent(source: impl Into<AnyError>) -> Self {
        Self::of(Class::Permanent, source)
    }

    /// An error that is known to last: the message is tried again after `delay`, and not before. The attempt
    /// counts as any other.
    ///
    /// The delay is kept by the broker, so that a restart of the service does not shorten it; at most a day.
    pub fn retry_after(delay: Duration, source: impl Into<AnyError>) -> Self {
        Self::of(Class::RetryAfter(delay), source)
    }

    /// A message that needs no work after all: it is acknowledged and counted as skipped, and neither tried
    /// again nor kept as a dead letter. The transaction is rolled back, written files are dropped and
    /// nothing is published.
    pub fn skip(reason: impl Into<AnyError>) -> Self {
        Self::of(Class::Skip, reason)
    }

    fn of(class: Class, source: impl Into<AnyError>) -> Self {
        let source = source.into();
        Self {
            mark: Mark { class, source },
        }
    }

    /// What the error, or one that it stems from, says should become of the message.
    pub(crate) fn class(error: &(dyn StdError + 'static)) -> Class {
        let chain = std::iter::successors(Some(error), |error| StdError::source(*error));
        chain
            .filter_map(|error| {
                let own = error.downcast_ref::<Self>().map(|error| &error.mark);
                own.or_else(|| error.downcast_ref::<Mark>())
            })
            .map(|mark| mark.class)
            .next()
            .unwrap_or(Class::Transient)
    }
}

/// The words are those of the marked error.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.mark.source.fmt(f)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&self.mark)
    }
}

/// The mark is a link of the chain: wrappers that forward to an error's source, as `anyhow::Error` and
/// `#[error(transparent)]` do, hide the error itself from whoever looks for its type.
#[derive(Debug)]
struct Mark {
    class: Class,
    source: AnyError,
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.class {
            Class::Transient => f.write_str("the message may be tried again"),
            Class::Permanent => f.write_str("trying again cannot cure it"),
            Class::RetryAfter(delay) => {
                write!(f, "to be tried again after {}", duration::written(delay))
            }
            Class::Skip => f.write_str("the message is to be skipped"),
        }
    }
}

impl StdError for Mark {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.source()
    }
}

#[cfg(test)]
mod tests {
    use thiserror::Error as ThisError;

    use super::*;

    #[derive(Debug, ThisError)]
    enum Wrapped {
        #[error("no invoice for {0}")]
        Context(u64, #[source] Error),
        #[error(transparent)]
        Transparent(#[from] Error),
        #[error(transparent)]
        Deep(Box<Self>),
    }

    #[test]
    fn what_should_become_of_a_message_is_found_anywhere_in_the_chain() {
        let check = |error: AnyError, expected| assert_eq!(Error::class(&*error), expected);
        let minute = Duration::from_mins(1);
        check("disk full".into(), Class::Transient);
        check(Error::permanent("gone").into(), Class::Permanent);
        check(Error::skip("done already").into(), Class::Skip);
        let busy = || Error::retry_after(minute, "busy");
        check(busy().into(), Class::RetryAfter(minute));
        check(
            Wrapped::Context(7, busy()).into(),
            Class::RetryAfter(minute),
        );
        check(Wrapped::from(busy()).into(), Class::RetryAfter(minute));
        let deep = Wrapped::Deep(Wrapped::from(Error::skip("old")).into());
        check(deep.into(), Class::Skip);
        check(Error::permanent(busy()).into(), Class::Permanent);
    }

    #[test]
    fn the_words_are_those_of_the_marked_error() {
        let source = Wrapped::Context(7, Error::skip("paid in cash"));
        let error = Error::retry_after(Duration::from_secs(90), source);
        let chain = std::iter::successors(Some(&error as &dyn StdError), |error| {
            StdError::source(*error)
        });
        let chain: Vec<_> = chain.map(ToString::to_string).collect();
        assert_eq!(
            chain,
            [
                "no invoice for 7",
                "to be tried again after 90s",
                "paid in cash",
                "the message is to be skipped",
            ]
        );
    }
}

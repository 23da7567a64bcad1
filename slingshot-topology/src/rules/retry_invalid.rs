//! A `retry` that no service can act on.

use std::time::Duration;

use slingshot_settings::{Retry, duration::DurationError};

use super::{Confidence, Example, Family, Finding, Label, Persona, Rule, Severity, Span};
use crate::timespan;

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "retry-invalid",
    severity: Severity::Error,
    confidence: Confidence::High,
    persona: Persona::Regular,
    family: Family::Queues,
    check: None,
    what: "A number or a duration of `retry` is not one that a service can act on.",
    why: "
`max` counts every attempt, the first one too: 1 to 1000. `factor` is 1 to 100. `initial` and `max-delay` are
durations of at most seven days, written as a number and a unit (`ms`, `s`, `m`, `h` or `d`), and no message
can wait longer before its second attempt than the longest wait there is. A service whose sys-map says
otherwise does not start.",
    before: Example::Toml(
        r#"
[topology]
sources = ["sniff"]

[services.sniff]
in = "sniff"
retry = { max = 0, initial = "10 minutes" }
"#,
    ),
    after: Example::Toml(
        r#"
[topology]
sources = ["sniff"]

[services.sniff]
in = "sniff"
retry = { max = 5, initial = "1s", factor = 2, max-delay = "10m" }
"#,
    ),
};

/// What is wrong, and where.
pub(crate) enum RetryInvalid {
    OutOfRange {
        field: &'static str,
        most: u32,
        at: Span,
    },
    NotADuration {
        field: &'static str,
        error: DurationError,
        at: Span,
    },
    DelayTooLong {
        field: &'static str,
        at: Span,
    },
    InitialTooLong {
        initial: Option<Span>,
        /// The field of the longest wait, and what it says or means unsaid.
        field: &'static str,
        longest: Duration,
        max_delay: Option<Span>,
        /// The word `retry`.
        at: Span,
    },
}

impl Finding for RetryInvalid {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        match self {
            Self::OutOfRange { field, most, .. } => {
                format!("`{field}` must lie between 1 and {most}")
            }
            Self::NotADuration { field, error, .. } => format!("`{field}`: {error}"),
            Self::DelayTooLong { field, .. } => {
                let longest = timespan::told(Retry::LONGEST_DELAY);
                format!("`{field}` must be at most {longest}")
            }
            Self::InitialTooLong { field, .. } => format!("`initial` is longer than `{field}`"),
        }
    }

    fn labels(&self) -> Vec<Label> {
        let (at, text) = match self {
            Self::OutOfRange { at, .. } => (at, "outside that"),
            Self::NotADuration { at, .. } => (at, "no duration"),
            Self::DelayTooLong { at, .. } => (at, "longer than that"),
            Self::InitialTooLong {
                initial,
                field,
                longest,
                max_delay,
                at,
            } => {
                let longest = timespan::told(*longest);
                let mut labels = vec![Label::primary(
                    initial.as_ref().unwrap_or(at),
                    format!("longer than {longest}"),
                )];
                labels.extend(max_delay.iter().map(|at| {
                    Label::secondary(at, format!("the longest wait, `{field}`, is said here"))
                }));
                return labels;
            }
        };
        vec![Label::primary(at, text)]
    }

    fn help(&self) -> Option<String> {
        match self {
            Self::InitialTooLong {
                field,
                max_delay: None,
                longest,
                ..
            } => Some(format!(
                "`{field}` is {} where it is not said; say a longer one",
                timespan::told(*longest)
            )),
            _ => None,
        }
    }
}

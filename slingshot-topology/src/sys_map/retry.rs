//! `"retry": {"max": 5, "initial": "1s", "factor": 2, "max_delay": "5m"}`, of which any part may be left out.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use slingshot_settings::{Retry, duration};

use super::{
    AnswerError,
    fields::{Fields, Kind},
};

/// A retry as it is written in JSON, durations as text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RetryForm {
    max: u32,
    initial: String,
    factor: u32,
    max_delay: String,
}

impl From<&Retry> for RetryForm {
    fn from(retry: &Retry) -> Self {
        Self {
            max: retry.max,
            initial: duration::written(retry.initial),
            factor: retry.factor,
            max_delay: duration::written(retry.max_delay),
        }
    }
}

/// What is left out has its default.
pub(super) fn read(fields: &Fields) -> Result<Retry, AnswerError> {
    let Retry {
        max,
        initial,
        factor,
        max_delay,
    } = Retry::DEFAULT;
    let retry = Retry {
        max: fields.optional("max", ATTEMPTS)?.unwrap_or(max),
        initial: fields.optional("initial", DELAY)?.unwrap_or(initial),
        factor: fields.optional("factor", FACTOR)?.unwrap_or(factor),
        max_delay: fields.optional("max_delay", DELAY)?.unwrap_or(max_delay),
    };
    if retry.initial > retry.max_delay {
        return Err(fields.wrong(
            "initial",
            "a duration no longer than `max_delay` (5m where the map does not say it)",
        ));
    }
    Ok(retry)
}

const ATTEMPTS: &Kind<u32> = &Kind {
    name: "a number of attempts, 1 to 1000",
    read: |value| number(value, Retry::MOST_ATTEMPTS),
};

const FACTOR: &Kind<u32> = &Kind {
    name: "a whole number, 1 to 100",
    read: |value| number(value, Retry::MOST_FACTOR),
};

const DELAY: &Kind<Duration> = &Kind {
    name: "a duration of at most seven days, as in \"5m\"",
    read: |value| {
        let delay = duration::parse(value.as_str()?).ok()?;
        (delay <= Retry::LONGEST_DELAY).then_some(delay)
    },
};

fn number(value: &serde_json::Value, most: u32) -> Option<u32> {
    let number = u32::try_from(value.as_u64()?).ok()?;
    (1..=most).contains(&number).then_some(number)
}

//! Request ids as people write them: `7`, `1..100`, `1..5,9`.

use std::{ops::RangeInclusive, str::FromStr};

use thiserror::Error;

/// One command sends at most this many ids, so that a slip of the keyboard does not fill a broker.
pub(crate) const MAX_IDS: u64 = 10_000_000;

/// Request ids, in the order in which they were written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ids(Vec<RangeInclusive<u64>>);

/// A text that names no ids.
#[derive(Debug, PartialEq, Eq, Error)]
pub(crate) enum IdsError {
    /// Neither a number nor a range.
    #[error(
        "`{0}` is no id: write a number such as `7`, a range such as `1..100`, or several with commas"
    )]
    NotAnId(String),
    /// The end is before the start.
    #[error("`{0}` is empty: a range goes from its smaller id to its larger one, both included")]
    Backwards(String),
    /// More than a command may send.
    #[error("these are more than {MAX_IDS} ids: send them in several commands")]
    TooMany,
}

impl Ids {
    /// Every id.
    pub(crate) fn iter(&self) -> impl Iterator<Item = u64> {
        self.0.iter().cloned().flatten()
    }

    /// The same, unexpanded.
    pub(crate) fn ranges(&self) -> impl Iterator<Item = RangeInclusive<u64>> {
        self.0.iter().cloned()
    }

    fn count(&self) -> u64 {
        self.0.iter().fold(0, |count: u64, range| {
            count.saturating_add((range.end() - range.start()).saturating_add(1))
        })
    }
}

impl FromStr for Ids {
    type Err = IdsError;

    fn from_str(text: &str) -> Result<Self, IdsError> {
        let ids = Self(text.split(',').map(range).collect::<Result<_, _>>()?);
        match ids.count() {
            0..=MAX_IDS => Ok(ids),
            _ => Err(IdsError::TooMany),
        }
    }
}

fn range(text: &str) -> Result<RangeInclusive<u64>, IdsError> {
    let number = |part: &str| {
        part.trim()
            .parse::<u64>()
            .map_err(|_| IdsError::NotAnId(text.to_owned()))
    };
    let Some((start, end)) = text.split_once("..") else {
        return number(text).map(|id| id..=id);
    };
    let (start, end) = (number(start)?, number(end.trim_start_matches('='))?);
    if start <= end {
        Ok(start..=end)
    } else {
        Err(IdsError::Backwards(text.to_owned()))
    }
}

/// Ids for one service: `sniff=1..100`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ServiceIds {
    pub(crate) service: String,
    pub(crate) ids: Ids,
}

impl FromStr for ServiceIds {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (service, ids) = text
            .split_once('=')
            .ok_or("write the service and the ids, such as `sniff=1..100`")?;
        Ok(Self {
            service: service.to_owned(),
            ids: ids.parse().map_err(|error: IdsError| error.to_string())?,
        })
    }
}

/// How many processes of a service: `sniff=2`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Formation {
    pub(crate) service: String,
    pub(crate) processes: u16,
}

/// More processes of one service on one machine only compete.
const MAX_PROCESSES: u16 = 64;

impl FromStr for Formation {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (service, processes) = text
            .split_once('=')
            .ok_or("write the service and how many processes, such as `sniff=2`")?;
        match processes.parse() {
            Ok(processes @ 0..=MAX_PROCESSES) => Ok(Self {
                service: service.to_owned(),
                processes,
            }),
            _ => Err(format!(
                "`{processes}` is no number from 0 to {MAX_PROCESSES}"
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check<const N: usize>(text: &str, expected: Result<[u64; N], IdsError>) {
        let ids = text
            .parse::<Ids>()
            .map(|ids| ids.iter().collect::<Vec<_>>());
        assert_eq!(ids, expected.map(Vec::from), "{text}");
    }

    #[test]
    fn ids_are_numbers_and_inclusive_ranges() {
        check("7", Ok([7]));
        check("1..3", Ok([1, 2, 3]));
        check("1..=3", Ok([1, 2, 3]));
        check("5..5,9,1..2", Ok([5, 9, 1, 2]));
    }

    #[test]
    fn what_is_no_id_is_named() {
        check::<0>("", Err(IdsError::NotAnId(String::new())));
        check::<0>("1,x..4", Err(IdsError::NotAnId("x..4".into())));
        check::<0>("-1", Err(IdsError::NotAnId("-1".into())));
        check::<0>("3..1", Err(IdsError::Backwards("3..1".into())));
        check::<0>("0..18446744073709551615", Err(IdsError::TooMany));
    }
}

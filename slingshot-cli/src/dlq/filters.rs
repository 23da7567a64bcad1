//! The options that say which dead letters are meant.

use std::{ops::RangeInclusive, str::FromStr, time::Duration};

use clap::Args;
use slingshot_runtime::client::{LetterFilter, Rate};
use slingshot_settings::duration;

use crate::arguments::ids::Ids;

/// The options that choose letters: all that are given must hold.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Which letters (all that is said must hold)")]
pub(super) struct FilterArguments {
    /// Those whose error is of this type, such as error, panic or undecodable
    #[arg(long = "type", value_name = "TYPE")]
    error_type: Option<String>,

    /// Those whose error says this, in capitals or not
    #[arg(long, value_name = "TEXT")]
    error: Option<String>,

    /// Those that carry this id, or one of a range such as 1..100
    #[arg(long = "id", value_name = "ID")]
    ids: Vec<Ids>,

    /// Those that failed for good no longer ago than this, such as 30m or 2h
    #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
    since: Option<Duration>,

    /// Those whose last attempt was this one
    #[arg(long, value_name = "N")]
    attempt: Option<u32>,

    /// Those that failed in this queue
    #[arg(long, value_name = "QUEUE")]
    original_queue: Option<String>,
}

impl FilterArguments {
    pub(super) fn filter(&self) -> LetterFilter {
        LetterFilter {
            error_type: self.error_type.clone(),
            error: self.error.clone(),
            ids: self
                .ids
                .iter()
                .flat_map(Ids::ranges)
                .collect::<Vec<RangeInclusive<u64>>>(),
            since: self.since,
            attempt: self.attempt,
            original_queue: self.original_queue.clone(),
        }
    }
}

/// `50/s`, `10/m`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct LetterRate(pub(super) Rate);

impl FromStr for LetterRate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!("`{text}` is no rate: write letters a second or a minute, such as 50/s or 10/m")
        };
        let (letters, unit) = text.split_once('/').ok_or_else(wrong)?;
        let time = match unit {
            "s" => Duration::from_secs(1),
            "m" => Duration::from_mins(1),
            _ => return Err(wrong()),
        };
        let letters = letters.parse().map_err(|_| wrong())?;
        Rate::new(letters, time).map(Self).ok_or_else(wrong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_a_number_and_its_time() {
        let check = |text: &str, letters, seconds| {
            let rate = Rate::new(letters, Duration::from_secs(seconds)).map(LetterRate);
            assert_eq!(text.parse::<LetterRate>().ok(), rate, "{text}");
        };
        check("50/s", 50, 1);
        check("10/m", 10, 60);
        for text in ["", "50", "50/h", "0/s", "-1/s", "x/s", "1.5/s"] {
            let error = text.parse::<LetterRate>().unwrap_err();
            assert!(error.contains("such as 50/s"), "{text}: {error}");
        }
    }
}

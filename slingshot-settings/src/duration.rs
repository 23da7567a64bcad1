//! Durations as people write them: `25m`, `1h30m`, `500ms`.

use std::time::Duration;

use thiserror::Error;

/// From the shortest to the longest, in milliseconds.
const UNITS: [(&str, u64); 5] = [
    ("ms", 1),
    ("s", 1000),
    ("m", 60 * 1000),
    ("h", 60 * 60 * 1000),
    ("d", 24 * 60 * 60 * 1000),
];

/// A text that is not a duration.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum DurationError {
    /// Something else than numbers with units.
    #[error(
        "`{0}` is not a duration: write a number and a unit (`ms`, `s`, `m`, `h` or `d`), as in \"25m\""
    )]
    NotADuration(String),
    /// More milliseconds than 64 bits hold.
    #[error("the duration `{0}` is too long")]
    TooLong(String),
    /// Nothing at all.
    #[error("a duration must be longer than zero, as in \"25m\"")]
    Zero,
}

/// Reads one or more numbers with their units.
///
/// # Errors
///
/// [`DurationError`] says what is wrong with the text.
pub fn parse(text: &str) -> Result<Duration, DurationError> {
    let too_long = || DurationError::TooLong(text.to_owned());
    let mut rest = text;
    let mut milliseconds = 0_u64;
    while !rest.is_empty() {
        let (digits, factor, after) =
            next_part(rest).ok_or_else(|| DurationError::NotADuration(text.to_owned()))?;
        // All of them are digits: only their number can be wrong.
        let number: u64 = digits.parse().map_err(|_| too_long())?;
        milliseconds = number
            .checked_mul(factor)
            .and_then(|part| milliseconds.checked_add(part))
            .ok_or_else(too_long)?;
        rest = after;
    }
    if milliseconds == 0 {
        return Err(DurationError::Zero);
    }
    Ok(Duration::from_millis(milliseconds))
}

/// The duration in its longest whole unit, as [`parse`] reads it again: `90s`, `2m`, `1500ms`. What
/// lies below a millisecond is cut off.
pub fn written(duration: Duration) -> String {
    let milliseconds = duration.as_millis();
    let (unit, factor) = UNITS
        .into_iter()
        .rev()
        .find(|(_, factor)| milliseconds > 0 && milliseconds.is_multiple_of(u128::from(*factor)))
        .unwrap_or(UNITS[0]);
    format!("{}{unit}", milliseconds / u128::from(factor))
}

fn next_part(text: &str) -> Option<(&str, u64, &str)> {
    let (digits, rest) = text.split_at(text.find(|c: char| !c.is_ascii_digit())?);
    let unit_end = rest
        .find(|c: char| !c.is_ascii_alphabetic())
        .unwrap_or(rest.len());
    let (unit, rest) = rest.split_at(unit_end);
    let (_, factor) = UNITS.iter().find(|(name, _)| *name == unit)?;
    (!digits.is_empty()).then_some((digits, *factor, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_with_units_are_read() {
        let check = |text, milliseconds| {
            assert_eq!(
                parse(text),
                Ok(Duration::from_millis(milliseconds)),
                "{text}"
            );
        };
        check("500ms", 500);
        check("1s", 1000);
        check("25m", 1_500_000);
        check("1h30m", 5_400_000);
        check("30d", 2_592_000_000);
    }

    #[test]
    fn what_is_no_duration_is_refused() {
        for text in ["25", "m", "25 m", "-1s", "1.5h", "25min", "5é"] {
            let expected = Err(DurationError::NotADuration(text.to_owned()));
            assert_eq!(parse(text), expected, "{text}");
        }
        for text in ["", "0s", "0m0s"] {
            assert_eq!(parse(text), Err(DurationError::Zero), "{text}");
        }
        for text in ["99999999999999999d", "99999999999999999999s"] {
            let expected = Err(DurationError::TooLong(text.to_owned()));
            assert_eq!(parse(text), expected, "{text}");
        }
    }

    #[test]
    fn a_duration_is_written_in_its_longest_whole_unit() {
        let check = |milliseconds, expected| {
            assert_eq!(written(Duration::from_millis(milliseconds)), expected);
        };
        check(0, "0ms");
        check(1500, "1500ms");
        check(1000, "1s");
        check(90_000, "90s");
        check(120_000, "2m");
        check(86_400_000, "1d");
    }
}

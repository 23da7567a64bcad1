//! Durations as people write them: `25m`, `1h30m`, `500ms`.

use std::time::Duration;

const UNITS: [(&str, u64); 5] = [
    ("ms", 1),
    ("s", 1000),
    ("m", 60 * 1000),
    ("h", 60 * 60 * 1000),
    ("d", 24 * 60 * 60 * 1000),
];

/// Reads one or more numbers with their units, or says what is wrong.
pub(crate) fn parse(text: &str) -> Result<Duration, String> {
    let mut rest = text;
    let mut milliseconds = 0_u64;
    while !rest.is_empty() {
        let (number, unit, after) = next_part(rest).ok_or_else(|| {
            format!(
                "`{text}` is not a duration: write a number and a unit (`ms`, `s`, `m`, `h` or \
                 `d`), as in \"25m\""
            )
        })?;
        milliseconds = number
            .checked_mul(unit)
            .and_then(|part| milliseconds.checked_add(part))
            .ok_or_else(|| format!("the duration `{text}` is too long"))?;
        rest = after;
    }
    if milliseconds == 0 {
        return Err("a duration must be longer than zero, as in \"25m\"".to_owned());
    }
    Ok(Duration::from_millis(milliseconds))
}

fn next_part(text: &str) -> Option<(u64, u64, &str)> {
    let (digits, rest) = text.split_at(text.find(|c: char| !c.is_ascii_digit())?);
    let unit_end = rest
        .find(|c: char| !c.is_ascii_alphabetic())
        .unwrap_or(rest.len());
    let (unit, rest) = rest.split_at(unit_end);
    let (_, factor) = UNITS.iter().find(|(name, _)| *name == unit)?;
    Some((digits.parse().ok()?, *factor, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_numbers_with_units() {
        let read = ["500ms", "1s", "25m", "1h30m", "2d"].map(|text| parse(text).unwrap());
        assert_eq!(
            read,
            [500, 1000, 1_500_000, 5_400_000, 172_800_000].map(Duration::from_millis)
        );
    }

    #[test]
    fn refuses_what_is_no_duration() {
        for text in ["25", "m", "25 m", "-1s", "1.5h", "25min", "5é"] {
            let message = parse(text).unwrap_err();
            assert!(message.contains("is not a duration"), "{text}: {message}");
        }
        for text in ["", "0s", "0m0s"] {
            assert!(parse(text).unwrap_err().contains("longer than zero"));
        }
        assert!(
            parse("99999999999999999d")
                .unwrap_err()
                .contains("too long")
        );
    }
}

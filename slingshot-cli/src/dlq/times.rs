//! Times as people ask for them: how long ago.

use std::time::Duration;

/// `12 s`, `5 min`, `3 h 20 min`, `4 d 7 h`.
pub(crate) fn age(age: Duration) -> String {
    const MINUTE: u64 = 60;
    const HOUR: u64 = 60 * MINUTE;
    const DAY: u64 = 24 * HOUR;
    let two = |seconds: u64, unit: u64, name: &str, part: u64, part_name: &str| {
        let rest = seconds % unit / part;
        let shown = format!("{} {name}", seconds / unit);
        if rest == 0 {
            shown
        } else {
            format!("{shown} {rest} {part_name}")
        }
    };
    match age.as_secs() {
        seconds @ ..MINUTE => format!("{seconds} s"),
        seconds @ MINUTE..HOUR => format!("{} min", seconds / MINUTE),
        seconds @ HOUR..DAY => two(seconds, HOUR, "h", MINUTE, "min"),
        seconds => two(seconds, DAY, "d", HOUR, "h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_has_at_most_two_units() {
        for (seconds, expected) in [
            (0, "0 s"),
            (59, "59 s"),
            (61, "1 min"),
            (7_200, "2 h"),
            (12_060, "3 h 21 min"),
            (90_000, "1 d 1 h"),
            (31_536_000, "365 d"),
        ] {
            assert_eq!(age(Duration::from_secs(seconds)), expected);
        }
    }
}

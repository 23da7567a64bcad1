//! Durations as messages tell them.

use std::time::Duration;

use slingshot_settings::duration;

/// From the longest unit to the shortest, none of it nothing: `1h30m`, `90s` as `1m30s`. The names of retry queues
/// hold [`duration::written`] instead, which is one number.
pub(crate) fn told(time: Duration) -> String {
    const UNITS: [(&str, u128); 5] = [
        ("d", 86_400_000),
        ("h", 3_600_000),
        ("m", 60_000),
        ("s", 1000),
        ("ms", 1),
    ];
    let mut rest = time.as_millis();
    let mut text = String::new();
    for (unit, milliseconds) in UNITS {
        let number = rest / milliseconds;
        rest %= milliseconds;
        if number > 0 {
            text.extend([number.to_string(), unit.to_owned()]);
        }
    }
    if text.is_empty() {
        return duration::written(time);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{Duration, duration, told};

    #[test]
    fn a_time_is_told_as_people_write_it() {
        for (written, expected) in [
            ("90m", "1h30m"),
            ("1h30m", "1h30m"),
            ("90s", "1m30s"),
            ("1500ms", "1s500ms"),
            ("25m", "25m"),
            ("7d", "7d"),
        ] {
            assert_eq!(told(duration::parse(written).unwrap()), expected);
        }
        assert_eq!(told(Duration::ZERO), "0ms");
    }
}

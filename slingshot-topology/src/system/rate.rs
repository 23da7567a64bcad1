//! How fast a queue is fed from outside.

use crate::source::Spanned;

/// One line of `[rates]`.
#[derive(Clone, Debug)]
pub struct Rate {
    /// The queue that is fed.
    pub queue: Spanned<String>,
    /// Messages a second, more than none.
    pub per_second: f64,
}

impl Rate {
    /// `50/s`, `0.5/m`, `1200/h` or `10/d` as messages a second; `None` if it is none of these.
    pub fn per_second_of(text: &str) -> Option<f64> {
        per_second(text)
    }
}

/// Seconds, by the units in which rates are written.
const UNITS: [(&str, f64); 5] = [
    ("s", 1.0),
    ("m", 60.0),
    ("min", 60.0),
    ("h", 3600.0),
    ("d", 86400.0),
];

/// `50/s`, `0.5/m`, `1200/h` or `10/d` as messages a second.
pub(crate) fn per_second(text: &str) -> Option<f64> {
    let (number, unit) = text.split_once('/')?;
    let (_, seconds) = UNITS.iter().find(|(name, _)| *name == unit.trim())?;
    let number: f64 = number.trim().parse().ok()?;
    let rate = number / seconds;
    (rate.is_finite() && rate > 0.0).then_some(rate)
}

/// A rate in the longest unit that leaves more than one: `12.5/s`, `30/min`.
pub(crate) fn written(per_second: f64) -> String {
    let fitting = [("s", 1.0), ("min", 60.0), ("h", 3600.0), ("d", 86400.0)];
    let mut fitting = fitting.into_iter();
    let unit = fitting.find(|(_, seconds)| per_second * seconds >= 1.0);
    let (unit, seconds) = unit.unwrap_or(("d", 86400.0));
    let tenths = (per_second * seconds * 10.0).round() / 10.0;
    format!("{tenths}/{unit}")
}

#[cfg(test)]
mod tests {
    use super::{per_second, written};

    #[test]
    fn rates_are_written_in_a_unit_that_fits() {
        for text in ["50/s", "12.5/s", "30/min", "3/h", "2/d"] {
            assert_eq!(per_second(text).map(written).as_deref(), Some(text));
        }
    }

    #[test]
    fn rates_have_a_number_and_a_unit() {
        assert_eq!(per_second("50/s"), Some(50.0));
        assert_eq!(per_second("30 / m"), Some(0.5));
        assert_eq!(per_second("7200/h"), Some(2.0));
        for wrong in [
            "50",
            "50/",
            "/s",
            "-1/s",
            "0/s",
            "1/fortnight",
            "nan/s",
            "inf/s",
        ] {
            assert_eq!(per_second(wrong), None, "{wrong}");
        }
    }
}

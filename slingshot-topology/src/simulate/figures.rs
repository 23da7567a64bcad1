//! Numbers as people read them: three digits, and the unit that keeps them small.

/// `50/s`, `12.5/min`, `3/h`, `∞/s`.
pub fn rate(per_second: f64) -> String {
    let units = [(1.0, "s"), (60.0, "min"), (3600.0, "h")];
    if per_second == 0.0 {
        return "0/s".to_owned();
    }
    let fitting = units
        .iter()
        .find(|(seconds, _)| per_second * seconds >= 1.0);
    let (seconds, unit) = fitting.unwrap_or(&units[2]);
    format!("{}/{unit}", digits(per_second * seconds))
}

/// `20 ms`, `1.5 s`, `3.2 min`, `∞`.
pub fn time(seconds: f64) -> String {
    let (number, unit) = match seconds {
        seconds if seconds.is_infinite() => return "∞".to_owned(),
        0.0 => (0.0, "s"),
        seconds if seconds < 1e-3 => (seconds * 1e6, "µs"),
        seconds if seconds < 1.0 => (seconds * 1e3, "ms"),
        seconds if seconds < 120.0 => (seconds, "s"),
        seconds if seconds < 7200.0 => (seconds / 60.0, "min"),
        seconds => (seconds / 3600.0, "h"),
    };
    format!("{} {unit}", digits(number))
}

/// `83%`.
pub fn percent(part: f64) -> String {
    format!("{}%", digits(part * 100.0))
}

/// A number with three digits that say something, and none behind the point that say nothing.
pub fn digits(number: f64) -> String {
    if number.is_infinite() {
        return "∞".to_owned();
    }
    let places = match number.abs() {
        number if number < 0.0005 => return "0".to_owned(),
        number if number < 0.9995 => 3,
        number if number < 9.995 => 2,
        number if number < 99.95 => 1,
        _ => 0,
    };
    let text = format!("{number:.places$}");
    if places == 0 {
        return text;
    }
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_have_three_digits_and_a_unit() {
        for (found, expected) in [
            (rate(50.0), "50/s"),
            (rate(1234.5), "1234/s"),
            (rate(0.5), "30/min"),
            (rate(0.001), "3.6/h"),
            (rate(0.0), "0/s"),
            (rate(f64::INFINITY), "∞/s"),
            (time(0.0), "0 s"),
            (time(0.000_02), "20 µs"),
            (time(0.0204), "20.4 ms"),
            (time(1.5), "1.5 s"),
            (time(180.0), "3 min"),
            (time(9000.0), "2.5 h"),
            (time(f64::INFINITY), "∞"),
            (percent(0.8333), "83.3%"),
            (percent(1.0), "100%"),
            (digits(-0.25), "-0.25"),
            (digits(0.000_1), "0"),
            (digits(9.999), "10"),
        ] {
            assert_eq!(found, expected);
        }
    }
}

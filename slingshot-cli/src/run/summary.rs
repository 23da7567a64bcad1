//! What a run came to: a row for each service.

use std::time::Duration;

use super::statistics::{ServiceStatistics, Statistics};
use crate::table;

const HEADINGS: [&str; 6] = ["service", "in", "out", "failed", "median", "p99"];
/// `in`, `failed` and the times are numbers.
const RIGHT_ALIGNED: [bool; 6] = [false, true, false, true, true, true];

/// The table, in the order of `slingshot.toml`.
pub(crate) fn table(statistics: &Statistics) -> String {
    let mut rows = vec![HEADINGS.map(str::to_owned)];
    rows.extend(statistics.services.iter().map(row));
    table::table(&rows, RIGHT_ALIGNED)
}

fn row(service: &ServiceStatistics) -> [String; HEADINGS.len()] {
    let cases: Vec<_> = service
        .cases
        .iter()
        .map(|(case, count)| match case {
            slingshot_topology::CaseValue::Text(text) => format!("{text} {count}"),
            case => format!("{case} {count}"),
        })
        .collect();
    let time = |share| service.quantile(share).map_or("-".to_owned(), duration);
    [
        service.name.clone(),
        service.requests().to_string(),
        if cases.is_empty() {
            "-".to_owned()
        } else {
            cases.join(", ")
        },
        service.failed.to_string(),
        time(0.5),
        time(0.99),
    ]
}

/// Three digits and a unit.
pub(crate) fn duration(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    let (value, unit) = match seconds {
        ..1e-3 => (seconds * 1e6, "µs"),
        1e-3..1.0 => (seconds * 1e3, "ms"),
        _ => (seconds, "s"),
    };
    let decimals = match value {
        ..10.0 => 2,
        10.0..100.0 => 1,
        _ => 0,
    };
    format!("{value:.decimals$} {unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_three_digits() {
        for (micros, expected) in [
            (7, "7.00 µs"),
            (740, "740 µs"),
            (1_234, "1.23 ms"),
            (56_789, "56.8 ms"),
            (1_500_000, "1.50 s"),
            (90_000_000, "90.0 s"),
        ] {
            assert_eq!(duration(Duration::from_micros(micros)), expected);
        }
    }
}

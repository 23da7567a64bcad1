//! What a run came to: a row for each service.

use std::time::Duration;

use slingshot_topology::CaseValue;

use super::statistics::{ServiceStatistics, Statistics};
use crate::table;

/// One column of the table.
struct Column {
    heading: &'static str,
    /// Numbers and times.
    right_aligned: bool,
    cell: fn(&ServiceStatistics) -> String,
    /// Whether the column is there: what is rare has none when it did not happen.
    shown: fn(&ServiceStatistics) -> bool,
}

const COLUMNS: [Column; 9] = [
    Column {
        heading: "service",
        right_aligned: false,
        cell: |service| service.name.clone(),
        shown: |_| true,
    },
    Column {
        heading: "in",
        right_aligned: true,
        cell: |service| service.requests().to_string(),
        shown: |_| true,
    },
    Column {
        heading: "out",
        right_aligned: false,
        cell: cases,
        shown: |_| true,
    },
    Column {
        heading: "retried",
        right_aligned: true,
        cell: |service| service.retried.to_string(),
        shown: |service| service.retried > 0,
    },
    Column {
        heading: "skipped",
        right_aligned: true,
        cell: |service| service.skipped.to_string(),
        shown: |service| service.skipped > 0,
    },
    Column {
        heading: "duplicates",
        right_aligned: true,
        cell: |service| service.duplicates.to_string(),
        shown: |service| service.duplicates > 0,
    },
    Column {
        heading: "failed",
        right_aligned: true,
        cell: |service| service.failed.to_string(),
        shown: |_| true,
    },
    Column {
        heading: "median",
        right_aligned: true,
        cell: |service| service.quantile(0.5).map_or("-".to_owned(), duration),
        shown: |_| true,
    },
    Column {
        heading: "p99",
        right_aligned: true,
        cell: |service| service.quantile(0.99).map_or("-".to_owned(), duration),
        shown: |_| true,
    },
];

/// The table, in the order of `slingshot.toml`.
pub(crate) fn table(statistics: &Statistics) -> String {
    let services = &statistics.services;
    let columns = COLUMNS.iter().filter(|column| {
        services.is_empty() || services.iter().any(|service| (column.shown)(service))
    });
    let columns: Vec<_> = columns.collect();
    let headings = columns.iter().map(|it| it.heading.to_owned());
    let mut rows = vec![headings.collect::<Vec<_>>()];
    rows.extend(services.iter().map(|service| {
        let cells = columns.iter().map(|column| (column.cell)(service));
        cells.collect()
    }));
    let right_aligned: Vec<_> = columns.iter().map(|it| it.right_aligned).collect();
    table::table(&rows, &right_aligned)
}
fn cases(service: &ServiceStatistics) -> String {
    let cases = service.cases.iter().map(|(case, count)| match case {
        CaseValue::Text(text) => format!("{text} {count}"),
        case => format!("{case} {count}"),
    });
    let cases: Vec<_> = cases.collect();
    if cases.is_empty() {
        "-".to_owned()
    } else {
        cases.join(", ")
    }
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

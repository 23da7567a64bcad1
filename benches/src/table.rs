//! What the bench says.

use std::io::Write as _;

use crate::{
    contestant::Contestant,
    race::{Counted, Measured},
};

/// The results of every round, by contestant.
#[derive(Debug)]
pub(crate) struct Table {
    contestants: Vec<(String, Vec<Measured>, Option<Counted>)>,
}

impl Table {
    pub(crate) fn new(contestants: &[Contestant]) -> Self {
        let contestants = contestants
            .iter()
            .map(|contestant| (contestant.to_string(), Vec::new(), None));
        Self {
            contestants: contestants.collect(),
        }
    }

    pub(crate) fn add(&mut self, index: usize, measured: Measured) {
        let (name, rounds, _) = &mut self.contestants[index];
        rounds.push(measured);
        remark(&format!(
            "{name}: {:.0} ids/s, {:.1} µs of processor time an id",
            measured.rate, measured.processor
        ));
    }

    pub(crate) fn count(&mut self, index: usize, counted: Counted) {
        self.contestants[index].2 = Some(counted);
    }

    /// Prints each contestant's medians, and the median of its ratios to the first of the same round.
    pub(crate) fn print(&self, title: &str, ids: u64) {
        say(&format!("\n{ids} ids, {title}"));
        say(&format!(
            "{:<34}{:>9}{:>17}{:>7}{:>9}{:>7}{:>7}{:>8}{:>7}",
            "", "ids/s", "range", "ratio", "cpu µs", "ratio", "waits", "allocs", "calls"
        ));
        let (_, first, _) = &self.contestants[0];
        for (name, rounds, counted) in &self.contestants {
            let of = |value: fn(&Measured) -> f64| sorted(rounds.iter().map(value).collect());
            let rates = of(|measured| measured.rate);
            let pairs = || first.iter().zip(rounds);
            let rate_ratios = sorted(pairs().map(|(a, b)| b.rate / a.rate).collect());
            let processor_ratios =
                sorted(pairs().map(|(a, b)| a.processor / b.processor).collect());
            let range = format!(
                "{:.0}–{:.0}",
                rates.first().unwrap_or(&f64::NAN),
                rates.last().unwrap_or(&f64::NAN)
            );
            let shown = |value: Option<f64>| value.map_or("-".to_owned(), |it| format!("{it:.1}"));
            say(&format!(
                "{name:<34}{:>9.0}{range:>17}{:>7.2}{:>9.1}{:>7.2}{:>7.2}{:>8}{:>7}",
                median(&rates),
                median(&rate_ratios),
                median(&of(|measured| measured.processor)),
                median(&processor_ratios),
                median(&of(|measured| measured.waits)),
                shown(counted.map(|it| it.allocations)),
                shown(counted.and_then(|it| it.system_calls)),
            ));
        }
    }
}

fn sorted(mut values: Vec<f64>) -> Vec<f64> {
    values.sort_unstable_by(f64::total_cmp);
    values
}

fn median(sorted: &[f64]) -> f64 {
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}

#[expect(clippy::cast_precision_loss, reason = "memory is far below 2^52 KiB")]
pub(crate) fn mebibytes(kibibytes: u64) -> f64 {
    kibibytes as f64 / 1024.0
}

/// A line of the result.
pub(crate) fn say(line: &str) {
    writeln!(std::io::stdout(), "{line}").ok();
}

/// A line beside it.
pub(crate) fn remark(line: &str) {
    writeln!(std::io::stderr(), "{line}").ok();
}

/// An error with its causes.
pub(crate) fn complain(error: &anyhow::Error) {
    remark(&format!("error: {error:#}"));
}

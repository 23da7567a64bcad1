//! What the bench says.

use std::io::Write as _;

/// The rates of every round, by broker.
#[derive(Debug, Default)]
pub(crate) struct Table {
    rounds: Vec<(&'static str, [f64; 2])>,
}

impl Table {
    /// Notes one round: messages a second by hand, and of the services.
    pub(crate) fn add(&mut self, broker: &'static str, rates: [f64; 2]) {
        remark(&format!(
            "{broker}: by hand {:.0}, Slingshot {:.0} ids/s",
            rates[0], rates[1]
        ));
        self.rounds.push((broker, rates));
    }

    /// Prints the median of each broker's rounds, and of their ratios.
    pub(crate) fn print(&self, ids: u64) {
        let mut out = std::io::stdout().lock();
        let mut brokers: Vec<_> = self.rounds.iter().map(|(broker, _)| *broker).collect();
        brokers.dedup();
        brokers.sort_unstable();
        brokers.dedup();
        writeln!(out, "{ids} ids through two services, medians of the rounds").ok();
        writeln!(
            out,
            "{:<16}{:>12}{:>14}{:>8}",
            "broker", "by hand", "Slingshot", "ratio"
        )
        .ok();
        for broker in brokers {
            let of = |value: fn(&[f64; 2]) -> f64| {
                let rounds = self.rounds.iter().filter(|(name, _)| *name == broker);
                median(rounds.map(|(_, rates)| value(rates)).collect())
            };
            let (by_hand, services) = (of(|rates| rates[0]), of(|rates| rates[1]));
            let ratio = of(|rates| rates[1] / rates[0]);
            writeln!(
                out,
                "{broker:<16}{by_hand:>10.0}/s{services:>12.0}/s{ratio:>8.2}"
            )
            .ok();
        }
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values[values.len() / 2]
}

/// A line beside the result.
pub(crate) fn remark(line: &str) {
    writeln!(std::io::stderr(), "{line}").ok();
}

/// An error with its causes.
pub(crate) fn complain(error: &anyhow::Error) {
    remark(&format!("error: {error:#}"));
}

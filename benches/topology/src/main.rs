//! What `slingshot topology check` costs beside plainly reading the same bytes, on generated maps.
//!
//! `cargo run --release -p slingshot-topology-benches` prints, for maps of 1,000, 10,000 and 100,000 services with
//! six edges each: how long `serde_json` or `toml` takes to read the text into its own values, how long a check with
//! every rule of every persona takes, the ratio of the two in the same round, and the most memory that the check holds
//! beside the text. Times are the processor's, which both have on one thread, and rounds alternate. Each is taken in a
//! process of its own, as the command is: in one that goes on, small maps would be read into memory that is there
//! already and large ones into memory that the system has yet to give.

mod child;
mod map;
mod memory;

use std::{io::Write as _, time::Duration};

use anyhow::Result;
use clap::Parser;

use crate::{
    child::{Measurement, Work},
    map::Form,
};

#[derive(Debug, Parser)]
struct Arguments {
    /// How many services the maps have
    #[arg(long, value_delimiter = ',', default_value = "1000,10000,100000")]
    services: Vec<usize>,

    /// How the maps are written
    #[arg(long, value_enum, value_delimiter = ',', default_value = "json,toml")]
    forms: Vec<Form>,

    /// How often each is measured
    #[arg(long, default_value_t = 7)]
    rounds: usize,

    /// Measure one thing, on the text at the standard input
    #[arg(long, value_enum, hide = true)]
    only: Option<Work>,
}

fn main() -> Result<()> {
    let Arguments {
        services,
        forms,
        rounds,
        only,
    } = Arguments::parse();
    if let Some(work) = only {
        for form in forms {
            say(&serde_json::to_string(&child::measure(work, form)?)?);
        }
        return Ok(());
    }
    say(&format!(
        "{:<6}{:>9}{:>9}{:>11}{:>11}{:>8}{:>12}{:>10}{:>10}",
        "form",
        "services",
        "MiB",
        "parse ms",
        "check ms",
        "ratio",
        "µs/service",
        "memory x",
        "findings"
    ));
    for form in forms {
        for &count in &services {
            let text = form.map(count);
            let measured = Measured::of(form, &text, rounds.max(1))?;
            say(&measured.row(form, count, text.len()));
        }
    }
    Ok(())
}

/// The medians of some rounds.
struct Measured {
    parse: Duration,
    check: Duration,
    ratio: f64,
    memory: usize,
    findings: usize,
}

impl Measured {
    fn of(form: Form, text: &str, rounds: usize) -> Result<Self> {
        let mut parses = Vec::new();
        let mut checks = Vec::new();
        let mut ratios = Vec::new();
        let mut last = Measurement::default();
        for _ in 0..rounds {
            let parse = child::ask(Work::Parse, form, text)?;
            last = child::ask(Work::Check, form, text)?;
            ratios.push(last.took.as_secs_f64() / parse.took.as_secs_f64());
            parses.push(parse.took);
            checks.push(last.took);
        }
        parses.sort();
        checks.sort();
        ratios.sort_by(f64::total_cmp);
        Ok(Self {
            parse: parses[rounds / 2],
            check: checks[rounds / 2],
            ratio: ratios[rounds / 2],
            memory: last.memory,
            findings: last.findings,
        })
    }

    fn row(&self, form: Form, services: usize, bytes: usize) -> String {
        let milliseconds = |duration: Duration| duration.as_secs_f64() * 1e3;
        let each = self.check.as_secs_f64() * 1e6 / precise(services);
        format!(
            "{:<6}{services:>9}{:>9.1}{:>11.1}{:>11.1}{:>8.2}{each:>12.2}{:>10.1}{:>10}",
            form.name(),
            precise(bytes) / 1024.0 / 1024.0,
            milliseconds(self.parse),
            milliseconds(self.check),
            self.ratio,
            precise(self.memory) / precise(bytes),
            self.findings,
        )
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "counts far below 2^52, for a table"
)]
fn precise(count: usize) -> f64 {
    count as f64
}

fn say(line: &str) {
    writeln!(std::io::stdout(), "{line}").ok();
}

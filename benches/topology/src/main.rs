//! What `slingshot topology check` costs beside plainly reading the same bytes, on generated maps.
//!
//! `cargo run --release -p slingshot-topology-benches` prints, for maps of 1,000, 10,000 and 100,000 services with
//! six edges each: how long `serde_json` or `toml` takes to read the text into its own values, how long a check with
//! every rule of every persona takes, the ratio of the two in the same round, and the most memory that the check holds
//! beside the text. Times are the processor's, which both have on one thread, and rounds alternate.

mod map;
mod memory;

use std::{hint::black_box, io::Write as _, time::Duration};

use clap::Parser;
use rustix::time::{ClockId, clock_gettime};
use slingshot_topology::{
    Accepted, Inputs, Policy, Report, SourceFile, System, read_json, read_toml,
};

use crate::map::Form;

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
}

fn main() {
    let Arguments {
        services,
        forms,
        rounds,
    } = Arguments::parse();
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
            let measured = Measured::of(form, &text, rounds.max(1));
            say(&measured.row(form, count, text.len()));
        }
    }
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
    fn of(form: Form, text: &str, rounds: usize) -> Self {
        let mut parses = Vec::new();
        let mut checks = Vec::new();
        let mut ratios = Vec::new();
        for _ in 0..rounds {
            let parse = time(|| form.parse(text));
            let owned = text.to_owned();
            let checked = time(|| check(form, owned));
            ratios.push(checked.as_secs_f64() / parse.as_secs_f64());
            parses.push(parse);
            checks.push(checked);
        }
        parses.sort();
        checks.sort();
        ratios.sort_by(f64::total_cmp);
        let (memory, (_, report)) = memory::most_held(|| check(form, text.to_owned()));
        Self {
            parse: parses[rounds / 2],
            check: checks[rounds / 2],
            ratio: ratios[rounds / 2],
            memory,
            findings: report.diagnostics.len(),
        }
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

fn time<T>(work: impl FnOnce() -> T) -> Duration {
    let start = processor_time();
    let made = black_box(work());
    let took = processor_time().saturating_sub(start);
    // What was made is let go off the clock, on both sides.
    drop(made);
    took
}

fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::try_from(time).expect("it does not run backwards")
}

/// What the command does with a text: reads it and runs every rule of every persona.
fn check(form: Form, text: String) -> (System, Report) {
    let file = SourceFile::new("map", text);
    let (system, read) = match form {
        Form::Json => read_json(&file),
        Form::Toml => read_toml(&file),
    };
    let report = Policy::everything().report(&Inputs::of(&system), read, Accepted::default());
    (system, report)
}

fn say(line: &str) {
    writeln!(std::io::stdout(), "{line}").ok();
}

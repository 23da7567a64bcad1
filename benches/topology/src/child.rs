//! One measurement in a process of its own.

use std::{
    hint::black_box,
    io::{Write as _, read_to_string, stdin},
    process::{Command, Stdio},
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};
use rustix::time::{ClockId, clock_gettime};
use serde::{Deserialize, Serialize};
use slingshot_topology::{
    Accepted, Inputs, Policy, Report, SourceFile, System, read_json, read_toml,
};

use crate::{map::Form, memory};

/// What is measured.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(crate) enum Work {
    Parse,
    Check,
}

/// What it cost.
#[derive(Debug, Default, Deserialize, Serialize)]
pub(crate) struct Measurement {
    /// Of the processor.
    pub(crate) took: Duration,
    /// The most bytes held at once.
    pub(crate) memory: usize,
    pub(crate) findings: usize,
}

/// Has this program measure in another process.
pub(crate) fn ask(work: Work, form: Form, text: &str) -> Result<Measurement> {
    let work = match work {
        Work::Parse => "parse",
        Work::Check => "check",
    };
    let mut child = Command::new(std::env::current_exe()?)
        .args(["--only", work, "--forms", form.name()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut input = child.stdin.take().context("it was asked for")?;
    input.write_all(text.as_bytes())?;
    drop(input);
    let output = child.wait_with_output()?;
    ensure!(
        output.status.success(),
        "{work} ended with {}",
        output.status
    );
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// Measures the text at the standard input.
pub(crate) fn measure(work: Work, form: Form) -> Result<Measurement> {
    let text = read_to_string(stdin())?;
    Ok(match work {
        Work::Parse => of(|| form.parse(&text), |_| 0),
        Work::Check => of(|| check(form, text), |(_, report)| report.diagnostics.len()),
    })
}

fn of<T>(work: impl FnOnce() -> T, findings: impl FnOnce(&T) -> usize) -> Measurement {
    let start = processor_time();
    let (memory, made) = memory::most_held(|| black_box(work()));
    let took = processor_time().saturating_sub(start);
    Measurement {
        took,
        memory,
        findings: findings(&made),
    }
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

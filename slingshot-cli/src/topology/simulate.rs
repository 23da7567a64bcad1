//! `slingshot topology simulate`: what the system will bear.

mod tables;

use std::{path::PathBuf, time::Duration};

use clap::{Args, ValueEnum};
use slingshot_settings::duration;
use slingshot_topology::{
    Rate, System,
    graph::{Picture, svg},
    simulate::{Estimate, Network, Run, RunSettings, Scenario, ServiceTimes, WhatIf, json},
};

use super::{Declared, Examined};
use crate::{
    Context,
    exit::{Exit, Failure},
};

/// Rates that grow by more than this are those of another system, and in the end no numbers any more.
const MOST_SCALE: f64 = 1e6;

/// The options of `slingshot topology simulate`.
#[derive(Debug, Args)]
pub(crate) struct SimulateArguments {
    /// As for `topology check`
    path: Option<PathBuf>,

    /// How to show it: text (tables), json, or svg (the graph with its load)
    #[arg(long, value_enum, default_value = "text", hide_possible_values = true)]
    format: Format,

    /// How much time passes in the model
    #[arg(long, value_name = "TIME", default_value = "10m", value_parser = read_duration, allow_hyphen_values = true)]
    duration: Duration,

    /// Another number gives another run
    #[arg(long, value_name = "NUMBER", default_value = "1", value_parser = read_seed, allow_hyphen_values = true)]
    seed: u64,

    /// How the time of one message differs from that of another: exponential (most are short, few very long)
    /// or fixed
    #[arg(
        long,
        value_enum,
        value_name = "HOW",
        default_value = "exponential",
        hide_possible_values = true
    )]
    times: Times,

    /// All rates from outside, times this: 2x, 0.5x
    #[arg(long, value_name = "FACTOR", value_parser = read_factor, allow_hyphen_values = true, help_heading = "What if")]
    scale: Option<f64>,

    /// Another rate of a queue from outside: scans=50/s
    #[arg(long, value_name = "QUEUE=RATE", value_parser = read_rate, help_heading = "What if")]
    rate: Vec<WhatIf<f64>>,

    /// Another number of replicas: words=8
    #[arg(long, value_name = "SERVICE=NUMBER", value_parser = read_replicas, help_heading = "What if")]
    replicas: Vec<WhatIf<u32>>,

    /// Another mean time of a message: words=20ms
    #[arg(long, value_name = "SERVICE=TIME", value_parser = read_time, help_heading = "What if")]
    service_time: Vec<WhatIf<Duration>>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    Text,
    Json,
    Svg,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Times {
    Exponential,
    Fixed,
}

impl SimulateArguments {
    fn scenario(&self) -> Scenario {
        Scenario {
            scale: self.scale,
            rates: self.rate.clone(),
            replicas: self.replicas.clone(),
            service_times: self.service_time.clone(),
            times: match self.times {
                Times::Exponential => ServiceTimes::Exponential,
                Times::Fixed => ServiceTimes::Fixed,
            },
        }
    }
}

/// What the formulas and the run say of a system.
#[derive(Debug)]
struct Outcome {
    network: Network,
    estimate: Estimate,
    /// None where messages would become endlessly many in no time.
    run: Option<Run>,
}

/// # Errors
///
/// If there is no system to look at, it cannot be read, or it cannot be simulated.
pub(super) fn run(context: &Context, arguments: &SimulateArguments) -> Result<Exit, Failure> {
    let declared = Declared::at(context, arguments.path.as_deref())?;
    let examined = Examined::of(&declared, &context.environment.current_directory)?;
    let system = &examined.system;
    super::warn_if_incomplete(context, system);
    let settings = RunSettings {
        duration: arguments.duration,
        seed: arguments.seed,
    };
    let outcome = simulate(&examined, &arguments.scenario(), settings)?;
    warn(context, system, &outcome);
    let Outcome {
        network, estimate, ..
    } = &outcome;
    context.printer.result(&match arguments.format {
        Format::Text => tables::tables(&outcome),
        Format::Json => {
            let run = outcome.run.as_ref();
            json(network, estimate, run.map(|run| (run, settings)))
        }
        Format::Svg => {
            let mut picture = Picture::of(system);
            picture.show_load(network, estimate);
            svg(&picture)
        }
    });
    Ok(if estimate.is_overloaded() {
        Exit::Findings
    } else {
        Exit::Clean
    })
}

fn simulate(
    examined: &Examined,
    scenario: &Scenario,
    settings: RunSettings,
) -> Result<Outcome, Failure> {
    let network =
        Network::of(&examined.system, Some(&examined.code), scenario).map_err(|error| {
            let failure = Failure::usage(error.to_string());
            match error.help() {
                Some(help) => failure.help(help),
                None => failure,
            }
        })?;
    let estimate = network.estimate();
    let mut stations = estimate.stations.iter();
    let is_finite = stations.all(|station| station.arrivals.is_finite());
    let run = is_finite.then(|| network.run(settings));
    Ok(Outcome {
        network,
        estimate,
        run,
    })
}

/// What was not declared, and so counts as nothing.
fn warn(context: &Context, system: &System, outcome: &Outcome) {
    let network = &outcome.network;
    let stations = network.stations.iter();
    let untimed: Vec<_> = stations
        .filter(|station| station.service_time.is_none())
        .map(|station| format!("`{}`", station.name))
        .collect();
    if !untimed.is_empty() {
        context.printer.warning(&format!(
            "messages pass at once through {}: no service-time says how long one takes",
            untimed.join(", ")
        ));
    }
    let is_fed = |name: &str| {
        let mut queues = network.queues.iter();
        queues.any(|queue| queue.name == name && queue.rate > 0.0)
    };
    let unfed = system
        .sources
        .iter()
        .filter(|source| !is_fed(&source.value));
    let unfed: Vec<_> = unfed.map(|source| format!("`{}`", source.value)).collect();
    if !unfed.is_empty() {
        context.printer.warning(&format!(
            "nothing comes in at {}: no rate says how much",
            unfed.join(", ")
        ));
    }
}

fn read_duration(text: &str) -> Result<Duration, String> {
    duration::parse(text).map_err(|error| error.to_string())
}

fn read_factor(text: &str) -> Result<f64, String> {
    let number = text.strip_suffix('x').unwrap_or(text).parse().ok();
    number
        .filter(|factor: &f64| *factor > 0.0 && *factor <= MOST_SCALE)
        .ok_or_else(|| format!("a factor is a number above 0 and up to {MOST_SCALE}, as in 2x"))
}

fn read_seed(text: &str) -> Result<u64, String> {
    let number = text.parse();
    number.map_err(|_| format!("a seed is a whole number from 0 to {}", u64::MAX))
}

fn read_rate(text: &str) -> Result<WhatIf<f64>, String> {
    what_if(text, "sniff=50/s", |rate| {
        Rate::per_second_of(rate).ok_or_else(|| {
            "a rate is a number above 0 and a unit: s, min, h or d, as in 50/s".to_owned()
        })
    })
}

fn read_replicas(text: &str) -> Result<WhatIf<u32>, String> {
    what_if(text, "words=8", |number| {
        let number = number.parse().ok().filter(|number| *number > 0);
        number.ok_or_else(|| "replicas are a whole number from 1 on".to_owned())
    })
}

fn read_time(text: &str) -> Result<WhatIf<Duration>, String> {
    what_if(text, "words=20ms", read_duration)
}

/// `NAME=VALUE`. The name may hold a `=` itself; no value does.
fn what_if<T>(
    text: &str,
    example: &str,
    read: impl Fn(&str) -> Result<T, String>,
) -> Result<WhatIf<T>, String> {
    let (name, value) = text
        .rsplit_once('=')
        .filter(|(name, _)| !name.is_empty())
        .ok_or_else(|| format!("a name and a value are needed, as in {example}"))?;
    Ok(WhatIf {
        name: name.to_owned(),
        value: read(value)?,
    })
}

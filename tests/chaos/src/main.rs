//! A pipeline of three services at work while everything that it stands on is broken, again and again:
//! nothing may be lost, nothing done twice, and nothing published of work that was rolled back.
//!
//! `README.md` beside this package says how to run it and how to read its table.

mod campaign;
mod contents;
mod dice;
mod engines;
mod faults;
mod feed;
mod fleet;
mod inspection;
mod ledger;
mod pipeline;
mod proxy;
mod schedule;
mod system;
mod table;
mod tap;

use std::{hash::BuildHasher as _, path::PathBuf, process::ExitCode};

use clap::Parser;

use crate::{campaign::Campaign, faults::Kind, schedule::Form};

/// Ids of the long form, and of the short one.
const IDS: u64 = 20_000;
const IDS_SHORT: u64 = 1_500;

/// Breaks everything under three services, and counts what is lost.
#[derive(Debug, Parser)]
struct Arguments {
    /// Ids to feed, at least [default: 20000, or 1500 with --short]
    #[arg(long)]
    ids: Option<u64>,
    /// Which faults strike when: the same seed, the same schedule [default: another each time]
    #[arg(long)]
    seed: Option<u64>,
    /// Every fault once: about two minutes
    #[arg(long)]
    short: bool,
    /// Only faults whose names have this in them; may be repeated
    #[arg(long, value_name = "WORDS")]
    fault: Vec<String>,
    /// Run the middle service in Python, by this interpreter, which has the wheel, `SQLAlchemy` and `psycopg`
    #[arg(long, value_name = "INTERPRETER")]
    python: Option<PathBuf>,
    /// Keep the private directory with all logs, also when nothing is wrong
    #[arg(long)]
    keep: bool,
    /// Be the services
    #[arg(long, hide = true)]
    services: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if arguments.services {
        return slingshot::run();
    }
    let runtime = tokio::runtime::Runtime::new().expect("threads can be started");
    match runtime.block_on(campaign::run(campaign(&arguments), arguments.keep)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            table::remark(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn campaign(arguments: &Arguments) -> Campaign {
    let chosen = |kind: &Kind| {
        let mut words = arguments.fault.iter();
        (arguments.python.is_some() || !kind.is_of_python())
            && (arguments.fault.is_empty()
                || words.any(|words| kind.name().contains(words.as_str())))
    };
    let (form, ids) = if arguments.short {
        (Form::Short, IDS_SHORT)
    } else {
        (Form::Long, IDS)
    };
    Campaign {
        ids: arguments.ids.unwrap_or(ids),
        // Short enough to type again.
        seed: arguments
            .seed
            .unwrap_or_else(|| std::hash::RandomState::new().hash_one(0) % 1_000_000),
        form,
        python: arguments.python.clone(),
        kinds: Kind::ALL.iter().copied().filter(chosen).collect(),
    }
}

//! Slingshot beside the bare limit: the same work done by hand with the same clients.
//!
//! ```sh
//! scripts/with-services cargo run --release -p slingshot-benches
//! ```
//!
//! In every round each contestant drains the same ids from a queue of RabbitMQ into another: persistent and
//! mandatory messages, durable queues, the same prefetch, an acknowledgement after the confirmation. Each is a
//! fresh process on fresh queues, the rounds are interleaved, and ratios are taken round by round. The clock and
//! the processor time run from the first tenth of the ids to the last, and then every id must have arrived, once.
//! A last, slower round counts allocations and system calls.

mod allocations;
mod by_hand;
mod contestant;
mod engines;
mod idle;
mod large;
mod process;
mod queues;
mod race;
mod services;
mod table;

use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::{Parser, Subcommand, ValueEnum};

use crate::{contestant::Contestant, engines::Engines, table::Table};

/// Slingshot beside the same work done by hand.
#[derive(Debug, Parser)]
struct Arguments {
    /// What to measure [default: all]
    part: Vec<Part>,
    /// Rounds
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Ids a round; where there is more to do for each, it is a part of them
    #[arg(long, default_value_t = 20_000)]
    ids: u64,
    /// Replicas of a service that reads and writes objects or works in the database
    #[arg(long, default_value_t = 8)]
    replicas: u16,
    /// Of the services, only those whose line in the table has this in it
    #[arg(long, default_value = "")]
    only: String,
    /// Size of the large object, in GiB
    #[arg(long, default_value_t = 4)]
    gib: u64,
    /// The RabbitMQ to measure on
    #[arg(long, env = "SLINGSHOT_TEST_AMQP_URL", hide_env_values = true)]
    rabbitmq: String,
    /// The PostgreSQL to measure on
    #[arg(long, env = "SLINGSHOT_TEST_DATABASE_URL", hide_env_values = true)]
    database: String,
    /// Be one of the contestants
    #[command(subcommand)]
    role: Option<Role>,
}

/// What can be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Part {
    /// Services without files and database
    Queue,
    /// Services that read and write objects
    Objects,
    /// Services that work in PostgreSQL
    Database,
    /// Services that have nothing to do
    Idle,
    /// One large object
    Large,
}

/// A contestant's process.
#[derive(Clone, Debug, Subcommand)]
#[command(hide = true)]
enum Role {
    /// The services that `SLINGSHOT_SERVICES` names.
    #[command(hide = true)]
    Services,
    /// Messages passed on, by hand.
    #[command(hide = true)]
    Pass(by_hand::queue::Work),
    /// Objects copied, by hand.
    #[command(hide = true)]
    Copy(by_hand::objects::Work),
    /// Rows inserted, by hand.
    #[command(hide = true)]
    Insert(by_hand::database::Work),
    /// The object store.
    #[command(hide = true)]
    Store(engines::StorePlace),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if let Some(role) = &arguments.role {
        allocations::answer();
        if let Role::Services = role {
            return slingshot::run();
        }
    }
    let runtime = tokio::runtime::Runtime::new().expect("threads can be started");
    let outcome = runtime.block_on(async {
        match arguments.role.clone() {
            None => measure(&arguments).await,
            Some(Role::Services) => Ok(()),
            Some(Role::Pass(work)) => work.run().await,
            Some(Role::Copy(work)) => work.run().await,
            Some(Role::Insert(work)) => work.run().await,
            Some(Role::Store(place)) => place.serve().await,
        }
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            table::complain(&error);
            ExitCode::FAILURE
        }
    }
}

async fn measure(arguments: &Arguments) -> Result<()> {
    let engines = Engines::new(&arguments.rabbitmq, &arguments.database)?;
    let asked = |part| arguments.part.is_empty() || arguments.part.contains(&part);
    let ids = arguments.ids;
    if asked(Part::Queue) {
        let contestants = Contestant::passing();
        races(
            arguments,
            &engines,
            "no files, no database",
            &contestants,
            ids,
        )
        .await?;
    }
    if asked(Part::Objects) {
        for (title, size, ids) in [
            (
                "an object of 4 KiB read and another written",
                4 * 1024,
                ids / 5,
            ),
            (
                "an object of 1 MiB read and another written",
                1024 * 1024,
                ids / 40,
            ),
        ] {
            let contestants = Contestant::copying(arguments.replicas, size);
            races(arguments, &engines, title, &contestants, ids).await?;
        }
    }
    if asked(Part::Database) {
        let contestants = Contestant::inserting(arguments.replicas);
        let title = "one INSERT in a transaction";
        races(arguments, &engines, title, &contestants, ids / 2).await?;
    }
    if asked(Part::Idle) {
        idle::measure(&engines).await?;
    }
    if asked(Part::Large) {
        large::measure(&engines, arguments.gib).await?;
    }
    Ok(())
}

/// All rounds of one kind of work. The first contestant is what the others are compared with.
async fn races(
    arguments: &Arguments,
    engines: &Engines,
    title: &str,
    contestants: &[Contestant],
    ids: u64,
) -> Result<()> {
    let (by_hand, services) = contestants.split_first().context("nobody races")?;
    let asked = services
        .iter()
        .filter(|contestant| contestant.to_string().contains(&arguments.only));
    let contestants: Vec<_> = std::iter::once(by_hand).chain(asked).cloned().collect();
    let mut table = Table::new(&contestants);
    for round in 1..=arguments.rounds {
        for (index, contestant) in contestants.iter().enumerate() {
            let measured = race::time(engines, contestant, ids)
                .await
                .with_context(|| format!("{contestant}, round {round}"))?;
            table.add(index, measured);
        }
    }
    for (index, contestant) in contestants.iter().enumerate() {
        let counted = race::count(engines, contestant, ids)
            .await
            .with_context(|| format!("{contestant}, counted"))?;
        table.count(index, counted);
    }
    table.print(title, ids);
    Ok(())
}

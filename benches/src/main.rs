//! Ids through two services, beside the same work done by hand with `lapin`.
//!
//! ```sh
//! scripts/with-services cargo run --release -p slingshot-benches
//! ```
//!
//! In each round, on the embedded broker and on RabbitMQ, the ids are published to a first queue,
//! two stages pass them on, and the clock stops when the last has arrived in a third. Both
//! contestants are one process with two consumers, of the same prefetch, on durable queues, with
//! persistent messages, confirms in flight for as many messages as the prefetch allows, and an
//! acknowledgement after the confirm. The rounds are interleaved; the ratio is taken round by round.

mod by_hand;
mod load;
mod services;
mod table;

use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::Parser;

use crate::{
    load::{Broker, Contestant},
    table::Table,
};

/// Messages per second through two services, beside a loop written by hand.
#[derive(Debug, Parser)]
struct Arguments {
    /// Ids a round
    #[arg(long, default_value_t = 10_000)]
    ids: u64,
    /// Rounds
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// A RabbitMQ to measure on as well as the embedded broker
    #[arg(long, env = "SLINGSHOT_TEST_AMQP_URL", hide_env_values = true)]
    rabbitmq: Option<String>,
    /// Be the contestant written by hand, on this broker
    #[arg(long, hide = true)]
    by_hand: Option<String>,
    /// Be the contestant made of services
    #[arg(long, hide = true)]
    services: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if arguments.services {
        return slingshot::run();
    }
    let runtime = tokio::runtime::Runtime::new().expect("threads can be started");
    let outcome = match &arguments.by_hand {
        Some(url) => runtime.block_on(by_hand::run(url)),
        None => runtime.block_on(measure(&arguments)),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            table::complain(&error);
            ExitCode::FAILURE
        }
    }
}

async fn measure(arguments: &Arguments) -> Result<()> {
    let mut brokers = vec![Broker::embedded().await?];
    match &arguments.rabbitmq {
        Some(url) => brokers.push(Broker::rabbitmq(url).await?),
        None => {
            table::remark("no RabbitMQ: run through scripts/with-services to measure on one too");
        }
    }
    let mut table = Table::default();
    for round in 1..=arguments.rounds {
        for broker in &brokers {
            let mut pair = [0.0; 2];
            for (rate, contestant) in pair.iter_mut().zip(Contestant::BOTH) {
                *rate = broker
                    .race(contestant, arguments.ids)
                    .await
                    .with_context(|| {
                        format!("{contestant:?} on {}, round {round}", broker.name())
                    })?;
            }
            table.add(broker.name(), pair);
        }
    }
    for broker in brokers {
        broker.shutdown().await;
    }
    table.print(arguments.ids);
    Ok(())
}

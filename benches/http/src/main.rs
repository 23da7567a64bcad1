//! Slingshot's handlers beside bare servers and their predecessor: the same JSON in, the same JSON out.
//!
//! `cargo run --release --manifest-path benches/http/Cargo.toml` runs every contestant in a process of its own, in
//! turn, round after round, under the load of `wrk` (a package of Debian's), and prints the ratios.

mod large;
mod load;
mod race;
mod serve;
mod soak;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    race: race::Race,
}

#[derive(Subcommand)]
enum Command {
    /// Ten times as many requests as can be answered, for a minute
    Soak(soak::Soak),
    /// One large file, up and down
    Large(large::Large),
    /// Serve as one of the contestants (the race starts these itself)
    #[command(hide = true)]
    Serve {
        contestant: serve::Contestant,
        #[arg(long)]
        port: u16,
    },
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let ended = match arguments.command {
        Some(Command::Serve { contestant, port }) => contestant.serve(port),
        Some(Command::Soak(soak)) => soak.run(),
        Some(Command::Large(large)) => large.run(),
        None => arguments.race.run(),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:?}");
            ExitCode::FAILURE
        }
    }
}

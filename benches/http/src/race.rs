//! All contestants, round after round.

use std::{
    net::{TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail};

use crate::{
    load::{self, Seen},
    serve::Contestant,
};

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Race {
    /// How often each contestant runs
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// How many seconds a run takes
    #[arg(long, default_value_t = 4)]
    seconds: u32,
    /// How many connections there are
    #[arg(long, value_delimiter = ',', default_values_t = [1, 16, 64, 256])]
    connections: Vec<u32>,
    /// Only these contestants
    #[arg(long, value_delimiter = ',')]
    only: Vec<Contestant>,
}

/// A contestant in a process of its own.
pub(crate) struct Running(pub(crate) Child);

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

impl Race {
    pub(crate) fn run(&self) -> anyhow::Result<()> {
        println!("| path | connections | contestant | requests/s (median) | p50 ms | p99 ms | errors | ratio to the better bare server (median of rounds) |");
        println!("|---|---|---|---|---|---|---|---|");
        for connections in &self.connections {
            self.race("echo", *connections)?;
            self.race("relay", *connections)?;
        }
        Ok(())
    }

    fn contestants(&self, path: &str) -> Vec<Contestant> {
        let runs = |it: &Contestant| self.only.is_empty() || self.only.contains(it);
        let relays = |it: &Contestant| path == "echo" || *it != Contestant::Actix;
        let all = Contestant::ALL.into_iter();
        all.filter(|it| runs(it) && relays(it)).collect()
    }

    fn race(&self, path: &str, connections: u32) -> anyhow::Result<()> {
        let contestants = self.contestants(path);
        let mut rounds: Vec<Vec<Seen>> = Vec::new();
        for number in 0..self.rounds {
            // There and back, so that who comes last is not always the same.
            let mut order: Vec<_> = contestants.iter().enumerate().collect();
            if number % 2 == 1 {
                order.reverse();
            }
            let round = order.into_iter().map(|(place, contestant)| {
                Ok((place, self.measured(*contestant, path, connections)?))
            });
            let mut round: Vec<(usize, Seen)> = round.collect::<anyhow::Result<_>>()?;
            round.sort_by_key(|(place, _)| *place);
            rounds.push(round.into_iter().map(|(_, seen)| seen).collect());
        }
        let per_second = |place: usize| median(rounds.iter().map(|round| round[place].per_second));
        let bare = contestants.iter().enumerate();
        let bare = bare.filter(|(_, it)| matches!(it, Contestant::Axum | Contestant::Actix));
        let better = bare.map(|(place, _)| place);
        let better = better.max_by(|one, other| per_second(*one).total_cmp(&per_second(*other)));
        for (index, contestant) in contestants.iter().enumerate() {
            let seen: Vec<_> = rounds.iter().map(|round| round[index]).collect();
            let ratios = rounds.iter().map(|round| {
                let best = better.map_or(f64::NAN, |place| round[place].per_second);
                round[index].per_second / best
            });
            println!(
                "| /{path} | {connections} | {} | {:.0} | {:.2} | {:.2} | {} | {:.2} |",
                contestant.name(),
                per_second(index),
                median(seen.iter().map(|it| it.p50.as_secs_f64() * 1e3)),
                median(seen.iter().map(|it| it.p99.as_secs_f64() * 1e3)),
                seen.iter().map(|it| it.errors).sum::<u64>(),
                median(ratios),
            );
        }
        Ok(())
    }

    fn measured(&self, contestant: Contestant, path: &str, connections: u32) -> anyhow::Result<Seen> {
        let port = contestant.port(free_port()?);
        let _running = started(contestant, port)?;
        let url = format!("http://127.0.0.1:{port}/{path}");
        load::post(&url, connections, 1)?;
        load::post(&url, connections, self.seconds)
    }
}

pub(crate) fn started(contestant: Contestant, port: u16) -> anyhow::Result<Running> {
    let child = Command::new(std::env::current_exe()?)
        .args(["serve", contestant.name(), "--port", &port.to_string()])
        .env("SLINGSHOT_HTTP", format!("127.0.0.1:{port}"))
        .env("SLINGSHOT_ADMIN", "off")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .context("no contestant")?;
    let running = Running(child);
    let begun = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        if begun.elapsed() > Duration::from_secs(10) {
            bail!("{} does not listen", contestant.name());
        }
        thread::sleep(Duration::from_millis(20));
    }
    Ok(running)
}

pub(crate) fn free_port() -> anyhow::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<_> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

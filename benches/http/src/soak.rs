//! Ten times as many requests as can be answered: nobody is left without an answer, and nothing grows.

use std::{fs, process::Command, thread, time::Duration};

use anyhow::{Context as _, ensure};

use crate::{
    load,
    race::{free_port, started},
    serve::Contestant,
};

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Soak {
    /// How long it lasts
    #[arg(long, default_value_t = 60)]
    seconds: u32,
    /// How many clients ask, each again as soon as it is answered
    #[arg(long, default_value_t = 256)]
    connections: u32,
}

impl Soak {
    pub(crate) fn run(&self) -> anyhow::Result<()> {
        let port = free_port()?;
        let mut running = started(Contestant::Slingshot, port)?;
        let url = format!("http://127.0.0.1:{port}/slow");
        load::statuses(&url, self.connections, 5)?;
        let before = resident(running.0.id())?;
        let seen = load::statuses(&url, self.connections, self.seconds)?;
        let after = resident(running.0.id())?;
        let (ok, busy) = (seen.ok, seen.busy);
        println!("200: {ok}, 429 or 503: {busy}, anything else: {}", seen.other);
        println!("resident: {before} KiB before, {after} KiB after");
        let again = load::post(&format!("http://127.0.0.1:{port}/echo"), 1, 1)?;
        println!("echo afterwards: {:.0} a second, {} errors", again.per_second, again.errors);
        let pid = running.0.id().to_string();
        ensure!(Command::new("kill").arg(&pid).status()?.success(), "no signal");
        let mut patience = 100;
        let status = loop {
            if let Some(status) = running.0.try_wait()? {
                break status;
            }
            patience -= 1;
            ensure!(patience > 0, "it does not drain");
            thread::sleep(Duration::from_millis(100));
        };
        println!("drained: {status}");
        ensure!(seen.other == 0 && again.errors == 0, "requests without a good answer");
        ensure!(busy > 9 * ok, "that was not ten times what can be answered");
        ensure!(status.success(), "it did not drain cleanly");
        Ok(())
    }
}

/// In KiB.
pub(crate) fn resident(pid: u32) -> anyhow::Result<u64> {
    memory(pid, "VmRSS:")
}

/// The most that was, in KiB.
pub(crate) fn peak(pid: u32) -> anyhow::Result<u64> {
    memory(pid, "VmHWM:")
}

fn memory(pid: u32, field: &str) -> anyhow::Result<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(field));
    let size = line.and_then(|line| line.trim().strip_suffix("kB"));
    Ok(size.context("no memory in /proc")?.trim().parse()?)
}

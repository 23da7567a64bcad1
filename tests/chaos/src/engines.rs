//! Engines of the test's own, on free ports of the loopback address: it stops and kills them.

mod guardian;
pub(crate) mod object_store;
pub(crate) mod postgresql;
pub(crate) mod rabbitmq;

use std::{
    fs::File,
    net::{Ipv4Addr, TcpListener},
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use anyhow::{Context as _, Result, bail};
use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use tokio::{process::Child, time::timeout};

pub(crate) use self::guardian::Guardian;

/// How long an engine may take to start, and to end. A machine that builds at the same time is slow.
const PATIENCE: Duration = Duration::from_mins(3);

/// A port that nobody has now. The engine that takes it keeps it over all its restarts.
fn free_port() -> Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    Ok(listener.local_addr()?.port())
}

/// A file that output is appended to.
pub(crate) fn log(path: &Path) -> Result<Stdio> {
    let file = File::options().create(true).append(true).open(path);
    Ok(file.with_context(|| path.display().to_string())?.into())
}

/// The newest directory that has a program, of those where packages put it.
fn newest(parent: &str, prefix: &str, below: &str, program: &str) -> Result<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(parent).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let directory = entry.path().join(below);
        if let Some(version) = name.strip_prefix(prefix)
            && directory.join(program).exists()
        {
            let numbers: Vec<u32> = version.split('.').flat_map(str::parse).collect();
            found.push((numbers, directory));
        }
    }
    let newest = found.into_iter().max().map(|(_, directory)| directory);
    newest.with_context(|| {
        format!("no {program} below {parent}: `scripts/with-services true` installs it")
    })
}

/// Sends a signal to a process that we started and have not waited for.
pub(crate) fn signal(id: u32, signal: Signal) -> Result<()> {
    kill_process(pid(id)?, signal).with_context(|| format!("process {id}"))
}

/// Sends a signal to such a process and all that it has started.
pub(crate) fn signal_group(id: u32, signal: Signal) -> Result<()> {
    kill_process_group(pid(id)?, signal).with_context(|| format!("process group {id}"))
}

fn pid(id: u32) -> Result<Pid> {
    let pid = i32::try_from(id).ok().and_then(Pid::from_raw);
    pid.context("a process id")
}

/// Waits for the end of a process.
async fn ended(child: &mut Child, name: &str) -> Result<()> {
    match timeout(PATIENCE, child.wait()).await {
        Ok(status) => status.map(drop).context("its end"),
        Err(_) => bail!("{name} does not end"),
    }
}

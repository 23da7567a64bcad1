//! `postmaster.pid` of a run that did not end well.
//!
//! Our lock on the project says that no other `slingshot run` is here, so a server that still runs on
//! these files is an orphan on its way out. A file whose process is gone, or has become somebody else,
//! means nothing.

use std::{fs, io, path::Path, time::Duration};

use rustix::process::{Pid, Signal, kill_process};
use tokio::time::{Instant, sleep};

use super::DatabaseError;

/// How long an orphan may take to stop.
const STOP: Duration = Duration::from_secs(10);
const LOOK: Duration = Duration::from_millis(20);

/// Stops the server of an earlier run, if one is left, and removes a stale lock file.
pub(super) async fn settle(data: &Path) -> Result<(), DatabaseError> {
    let path = data.join("postmaster.pid");
    let Some(pid) = read(&path) else {
        return Ok(());
    };
    if serves(pid, data) {
        let gone = kill_process(pid, Signal::INT);
        tracing::info!(
            pid = pid.as_raw_nonzero().get(),
            ?gone,
            "stopping the PostgreSQL of an earlier run"
        );
    }
    let deadline = Instant::now() + STOP;
    while serves(pid, data) {
        if Instant::now() > deadline {
            return Err(DatabaseError::StillRunning {
                pid: pid.as_raw_nonzero().get(),
                directory: data.to_owned(),
            });
        }
        sleep(LOOK).await;
    }
    match fs::remove_file(&path) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => {
            Err(DatabaseError::File { path, source })
        }
        _ => Ok(()),
    }
}

fn read(path: &Path) -> Option<Pid> {
    let text = fs::read_to_string(path).ok()?;
    Pid::from_raw(text.lines().next()?.trim().parse().ok()?)
}

/// Whether the process is a server on these files: a number alone may be somebody else by now.
fn serves(pid: Pid, data: &Path) -> bool {
    let pid = pid.as_raw_nonzero().get().to_string();
    let command_line = match fs::read(Path::new("/proc").join(&pid).join("cmdline")) {
        Ok(command_line) => command_line,
        Err(_) if Path::new("/proc/self").exists() => return false,
        // Systems without `/proc`.
        Err(_) => std::process::Command::new("/bin/ps")
            .args(["-o", "command=", "-p", &pid])
            .output()
            .map(|output| output.stdout)
            .unwrap_or_default(),
    };
    String::from_utf8_lossy(&command_line).contains(&*data.to_string_lossy())
}

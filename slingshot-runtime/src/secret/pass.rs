//! GNU `pass`, asked with an end to the waiting.

use std::{
    io,
    process::{ExitStatus, Stdio},
};

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::{
    io::{AsyncRead, copy, sink},
    process::{Child, Command},
    time::timeout,
};

use super::{SecretError, TIMEOUT, beginning};

/// The longest complaint that is passed on: `pass` and gpg say what they mean in a few lines.
const LONGEST_COMPLAINT: usize = 500;

/// What `pass show ENTRY` prints.
pub(super) async fn show(entry: &str) -> Result<Vec<u8>, SecretError> {
    let started = Command::new("pass")
        .args(["show", entry])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn();
    let no_pass = |source| SecretError::NoPass {
        entry: entry.to_owned(),
        source,
    };
    let mut pass = started.map_err(no_pass)?;
    let group = Group(pass.id());
    let answered = timeout(TIMEOUT, answer(&mut pass)).await;
    let (status, found, complaint) = answered
        .map_err(|_| SecretError::PassTimeout {
            entry: entry.to_owned(),
        })?
        .map_err(no_pass)?;
    group.has_ended();
    if !status.success() {
        return Err(SecretError::PassFailed {
            entry: entry.to_owned(),
            complaint: in_one_line(&complaint),
        });
    }
    Ok(found)
}

/// Both streams are read while the program runs: neither may fill up and stop it.
async fn answer(pass: &mut Child) -> io::Result<(ExitStatus, Vec<u8>, Vec<u8>)> {
    let (out, errors) = (pass.stdout.take(), pass.stderr.take());
    tokio::try_join!(pass.wait(), whole(out), whole(errors))
}

/// A stream's beginning. The rest is passed over, so that its writer can finish.
async fn whole(stream: Option<impl AsyncRead + Unpin>) -> io::Result<Vec<u8>> {
    let Some(mut stream) = stream else {
        return Ok(Vec::new());
    };
    let bytes = beginning(&mut stream).await?;
    copy(&mut stream, &mut sink()).await?;
    Ok(bytes)
}

fn in_one_line(complaint: &[u8]) -> String {
    let text = String::from_utf8_lossy(complaint);
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let line = lines.collect::<Vec<_>>().join("; ");
    line.chars().take(LONGEST_COMPLAINT).collect()
}

/// `pass` is a script: what it waits for, gpg for instance, is to end with it.
struct Group(Option<u32>);

impl Group {
    /// The id may be another group's from now on.
    fn has_ended(mut self) {
        self.0 = None;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let leader = self.0.and_then(|id| Pid::from_raw(id.cast_signed()));
        if let Some(leader) = leader
            && let Err(error) = kill_process_group(leader, Signal::KILL)
        {
            tracing::debug!(%error, "`pass` had ended by itself");
        }
    }
}

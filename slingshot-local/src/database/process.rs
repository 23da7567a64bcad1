//! A server process that never outlives its starter, and the log that it writes.

use std::{
    fs::{self, File, OpenOptions},
    io,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::{
    process::{Child, ChildStdin, ChildStdout, Command},
    time::timeout,
};

use super::{DatabaseError, place::Place};

/// Runs `"$@"` and interrupts it when standard input ends.
///
/// The write end of that pipe is in this process and nowhere else. It closes when we close it, and
/// when we are killed in whatever way: an orderly stop and a crash take the same path. Linux's
/// `PR_SET_PDEATHSIG` would do for one system, and needs `unsafe`.
const SUPERVISE: &str = r#"
exec 3<&0 </dev/null
"$@" 3<&- &
server=$!
{ read -r _; kill -INT "$server"; } <&3 3<&- >/dev/null 2>&1 &
watch=$!
exec 3<&-
wait "$server"
status=$?
kill "$watch" 2>/dev/null
exit "$status"
"#;

/// How long a server may take to write everything down.
const STOP: Duration = Duration::from_secs(10);
/// A log that has grown beyond this starts anew.
const LARGEST_LOG: u64 = 8 * 1024 * 1024;
/// How much of a log an error shows.
const TAIL: usize = 2000;

/// A running server.
#[derive(Debug)]
pub(super) struct Process {
    supervisor: Child,
    /// The server runs while this is open.
    lifeline: ChildStdin,
}

impl Process {
    /// Starts `program` with `arguments` as the place's user, in a process group of its own.
    pub(super) fn start(
        place: &Place,
        program: &Path,
        arguments: &[String],
        log: &Log,
    ) -> Result<Self, DatabaseError> {
        let shell = Path::new("/bin/sh");
        let failed = |source| DatabaseError::Program {
            program: program.to_owned(),
            source,
        };
        let mut supervisor = place
            .command(shell)
            .args(["-c", SUPERVISE, "slingshot"])
            .arg(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log.writer().map_err(failed)?)
            .process_group(0)
            .spawn()
            .map_err(failed)?;
        let lifeline = supervisor.stdin.take().expect("standard input is a pipe");
        Ok(Self {
            supervisor,
            lifeline,
        })
    }

    pub(super) fn pid(&self) -> Option<u32> {
        self.supervisor.id()
    }

    /// Standard output, for the one who reads it.
    pub(super) fn output(&mut self) -> Option<ChildStdout> {
        self.supervisor.stdout.take()
    }

    /// Whether the server has ended.
    pub(super) fn has_ended(&mut self) -> bool {
        matches!(self.supervisor.try_wait(), Ok(Some(_)) | Err(_))
    }

    /// Stops the server and waits for it; one that does not listen is killed.
    pub(super) async fn shutdown(self) {
        let Self {
            mut supervisor,
            lifeline,
        } = self;
        let group = supervisor
            .id()
            .and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        drop(lifeline);
        if timeout(STOP, supervisor.wait()).await.is_ok() {
            return;
        }
        tracing::warn!(
            "PostgreSQL did not stop within {STOP:?} and is killed; it recovers at the next start"
        );
        if let Some(group) = group
            && kill_process_group(group, Signal::KILL).is_ok()
            && let Err(error) = supervisor.wait().await
        {
            tracing::warn!(%error, "the killed PostgreSQL was not waited for");
        }
    }
}

/// `.slingshot/postgres.log`.
#[derive(Clone, Debug)]
pub(super) struct Log {
    path: PathBuf,
}

impl Log {
    pub(super) fn open(project: &Path) -> Result<Self, DatabaseError> {
        let path = project.join("postgres.log");
        let grown = fs::metadata(&path).is_ok_and(|metadata| metadata.len() > LARGEST_LOG);
        let log = Self { path };
        let opened = log.writer().and_then(|file| {
            if grown {
                file.set_len(0)?;
            }
            Ok(())
        });
        opened.map_err(|source| DatabaseError::File {
            path: log.path.clone(),
            source,
        })?;
        Ok(log)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn writer(&self) -> io::Result<File> {
        OpenOptions::new()
            .create(true)
            .append(true)
            .open(&self.path)
    }

    /// Where the log ends now.
    pub(super) fn end(&self) -> u64 {
        fs::metadata(&self.path).map_or(0, |metadata| metadata.len())
    }

    /// What was written since `start`.
    pub(super) fn since(&self, start: u64) -> String {
        let text = fs::read(&self.path).unwrap_or_default();
        let start = usize::try_from(start).unwrap_or(usize::MAX).min(text.len());
        String::from_utf8_lossy(&text[start..]).into_owned()
    }

    /// An error about a step that wrote to the log from `start` on.
    pub(super) fn failure(&self, step: &'static str, start: u64) -> DatabaseError {
        let text = self.since(start);
        let from = text.ceil_char_boundary(text.len().saturating_sub(TAIL));
        DatabaseError::Step {
            step,
            log: self.path.clone(),
            tail: text.get(from..).unwrap_or_default().trim_end().to_owned(),
        }
    }

    /// Runs a command that ends by itself, writing to the log.
    pub(super) async fn run(
        &self,
        step: &'static str,
        command: &mut Command,
    ) -> Result<(), DatabaseError> {
        let start = self.end();
        let program = PathBuf::from(command.as_std().get_program());
        let failed = |source| DatabaseError::Program { program, source };
        let output = command
            .stdout(Stdio::null())
            .stderr(self.writer().map_err(failed.clone())?)
            .kill_on_drop(true)
            .status();
        match output.await {
            Ok(status) if status.success() => Ok(()),
            Ok(_) => Err(self.failure(step, start)),
            Err(source) => Err(failed(source)),
        }
    }
}

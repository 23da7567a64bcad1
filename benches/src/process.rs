//! A contestant's process, and what the kernel says of it.

use std::{fs, path::PathBuf, process::Stdio, time::Duration};

use anyhow::{Context as _, Result, ensure};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
    time::timeout,
};

/// How long a process may take to end.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) struct Process {
    child: Child,
    questions: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
    place: PathBuf,
}

/// What a process has used so far.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Usage {
    pub(crate) processor: Duration,
    /// How often one of its threads went to sleep.
    pub(crate) waits: u64,
}

impl Process {
    /// Its standard input and output must be pipes.
    pub(crate) fn spawn(mut command: Command) -> Result<Self> {
        let mut child = command.spawn()?;
        let id = child.id().context("a process has an id")?;
        let questions = child.stdin.take().context("stdin is a pipe")?;
        let answers = child.stdout.take().context("stdout is a pipe")?;
        Ok(Self {
            child,
            questions,
            answers: BufReader::new(answers).lines(),
            place: PathBuf::from(format!("/proc/{id}")),
        })
    }

    pub(crate) fn ensure_lives(&mut self) -> Result<()> {
        let ended = self.child.try_wait()?;
        ensure!(ended.is_none(), "the contestant ended: {ended:?}");
        Ok(())
    }

    /// One line of its standard output.
    pub(crate) async fn line(&mut self) -> Result<String> {
        let line = self.answers.next_line().await?;
        line.context("the contestant has ended")
    }

    /// Allocations since this was first asked.
    pub(crate) async fn allocations(&mut self) -> Result<u64> {
        self.questions.write_all(b"\n").await?;
        Ok(self.line().await?.parse()?)
    }

    pub(crate) fn usage(&self) -> Result<Usage> {
        let mut usage = Usage::default();
        for task in fs::read_dir(self.place.join("task"))? {
            let task = task?.path();
            let spent = fs::read_to_string(task.join("schedstat"))?;
            let nanoseconds = spent.split(' ').next().unwrap_or_default().parse()?;
            usage.processor += Duration::from_nanos(nanoseconds);
            let status = fs::read_to_string(task.join("status"))?;
            usage.waits += field(&status, "voluntary_ctxt_switches:")?;
        }
        Ok(usage)
    }

    /// Its memory now, in KiB, and the most that it had.
    pub(crate) fn memory(&self) -> Result<(u64, u64)> {
        let status = fs::read_to_string(self.place.join("status"))?;
        Ok((field(&status, "VmRSS:")?, field(&status, "VmHWM:")?))
    }

    /// Counts its system calls until it ends, with `perf`, where that is there and allowed.
    pub(crate) fn count_system_calls(&self) -> Option<Child> {
        let id = self.child.id()?.to_string();
        Command::new("perf")
            .args(["stat", "-x", ",", "-e", "raw_syscalls:sys_enter", "-p", &id])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .ok()
    }

    /// Tells it to end, as a supervisor does.
    pub(crate) async fn end(mut self) -> Result<()> {
        if let Some(id) = self.child.id().and_then(|id| i32::try_from(id).ok())
            && let Some(id) = rustix::process::Pid::from_raw(id)
        {
            rustix::process::kill_process(id, rustix::process::Signal::TERM)?;
        }
        timeout(PATIENCE, self.child.wait())
            .await
            .context("the contestant does not end")??;
        Ok(())
    }
}

/// What `perf stat -x ,` counted.
pub(crate) async fn counted(perf: Child) -> Option<u64> {
    let output = perf.wait_with_output().await.ok()?;
    let text = String::from_utf8(output.stderr).ok()?;
    let line = text.lines().find(|line| line.contains("sys_enter"))?;
    line.split(',').next()?.parse().ok()
}

/// A number of `/proc/<pid>/status`.
fn field(status: &str, name: &str) -> Result<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let number = line.and_then(|line| line.split_whitespace().next());
    Ok(number.with_context(|| format!("no {name}"))?.parse()?)
}

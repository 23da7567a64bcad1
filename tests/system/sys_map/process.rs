//! A process and all that it prints.

use std::{fs::File, path::Path, process::Stdio, time::Duration};

use tempfile::TempDir;
use tokio::{
    process::{Child, Command},
    time::{Instant, sleep, timeout},
};

use crate::clone::binaries;

/// How long a process may take to say or do something.
const PATIENCE: Duration = Duration::from_secs(90);
const LOOK: Duration = Duration::from_millis(20);

/// One service of the example, with the environment that a person would set and nothing else.
pub(crate) fn service(name: &str) -> Command {
    let mut command = Command::new(binaries().join("documents"));
    command
        .env_clear()
        .env("PATH", "/usr/local/bin:/usr/bin:/bin")
        .env("SLINGSHOT_SERVICES", name)
        .env("SLINGSHOT_LOG", "human")
        .env("NO_COLOR", "1");
    command
}

/// A process whose standard output and standard error go to one file.
pub(crate) struct Running {
    child: Child,
    directory: TempDir,
}

impl Running {
    pub(crate) fn start(command: &mut Command) -> Self {
        let directory = TempDir::new().unwrap();
        command.env("SLINGSHOT_STATE", directory.path());
        Self::start_in(directory, command)
    }

    /// With what a process before it has kept in `state`.
    pub(super) fn start_again(state: &Path, command: &mut Command) -> Self {
        let directory = TempDir::new().unwrap();
        command.env("SLINGSHOT_STATE", state);
        Self::start_in(directory, command)
    }

    fn start_in(directory: TempDir, command: &mut Command) -> Self {
        let log = File::create(log_in(directory.path())).unwrap();
        let child = command
            .env("SLINGSHOT_STAGING", directory.path())
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        Self { child, directory }
    }

    /// Everything that it has printed so far.
    pub(crate) fn log(&self) -> String {
        String::from_utf8(std::fs::read(log_in(self.directory.path())).unwrap()).unwrap()
    }

    /// Waits for a line with `words` in it, and returns it.
    pub(crate) async fn prints(&self, words: &str) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let log = self.log();
            if let Some(line) = log.lines().find(|line| line.contains(words)) {
                return line.to_owned();
            }
            assert!(Instant::now() < deadline, "{words} is not in:\n{log}");
            sleep(LOOK).await;
        }
    }

    /// SIGTERM, and the exit code.
    pub(crate) async fn terminate(&mut self) -> Option<i32> {
        let id = self.child.id().unwrap().to_string();
        let sent = Command::new("kill").args(["-TERM", &id]).status().await;
        assert!(sent.unwrap().success());
        self.ends().await
    }

    /// The exit code, when it ends by itself.
    pub(crate) async fn ends(&mut self) -> Option<i32> {
        let ended = timeout(PATIENCE, self.child.wait()).await;
        let status = ended.unwrap_or_else(|_| panic!("it does not end:\n{}", self.log()));
        status.unwrap().code()
    }
}

fn log_in(directory: &Path) -> std::path::PathBuf {
    directory.join("log")
}

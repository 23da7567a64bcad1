//! A project with nothing but a `slingshot.toml`, and `slingshot sys-map serve` in it.

use std::{fs, path::Path};

use tempfile::TempDir;
use tokio::process::Command;

use super::process::Running;
use crate::clone::binaries;

/// A sys-map that is served by the command line.
pub(crate) struct Served {
    pub(crate) process: Running,
    pub(crate) url: String,
    directory: TempDir,
}

impl Served {
    pub(crate) async fn start(slingshot_toml: &str) -> Self {
        Self::start_with(slingshot_toml, &[]).await
    }

    /// With more words on the command line.
    pub(crate) async fn start_with(slingshot_toml: &str, words: &[String]) -> Self {
        let directory = project(slingshot_toml);
        let process = Running::start(
            command(directory.path())
                .args(["--address", "127.0.0.1:0"])
                .args(words),
        );
        let line = process.prints("://").await;
        let (_, url) = line.rsplit_once(' ').unwrap();
        Self {
            process,
            url: url.to_owned(),
            directory,
        }
    }

    /// Saves the `slingshot.toml`, as an editor does: the file is there at any time.
    pub(super) fn save(&self, slingshot_toml: &str) {
        let new = self.directory.path().join("new");
        fs::write(&new, slingshot_toml).unwrap();
        fs::rename(new, self.directory.path().join("slingshot.toml")).unwrap();
    }
}

/// A system of the service `sample`, which sends what it keeps to `queue`, on a broker of this machine.
pub(crate) fn sample_system(port: u16, username: &str, password: &str, queue: &str) -> String {
    format!(
        r#"
[topology]
sources = ["sample"]
sinks = ["{queue}"]

[services.sample]
in = "sample"
out = [{{ case = true, queues = ["{queue}"] }}, {{ case = false, queues = [] }}]

[rabbitmq]
host = "127.0.0.1"
port = {port}
username = "{username}"
password = "{password}"
"#
    )
}

pub(super) fn project(slingshot_toml: &str) -> TempDir {
    let directory = TempDir::new().unwrap();
    fs::write(directory.path().join("slingshot.toml"), slingshot_toml).unwrap();
    directory
}

pub(super) fn command(project: &Path) -> Command {
    let mut command = Command::new(binaries().join("slingshot"));
    command
        .args(["sys-map", "serve"])
        .env("NO_COLOR", "1")
        .env_remove("RUST_LOG")
        .current_dir(project);
    command
}

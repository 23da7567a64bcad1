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
        let directory = project(slingshot_toml);
        let process = Running::start(&mut command(directory.path()));
        let line = process.prints("http://").await;
        let (_, address) = line.split_once("http://").unwrap();
        Self {
            process,
            url: format!("http://{}", address.trim()),
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

pub(super) fn project(slingshot_toml: &str) -> TempDir {
    let directory = TempDir::new().unwrap();
    fs::write(directory.path().join("slingshot.toml"), slingshot_toml).unwrap();
    directory
}

/// On a free port.
pub(super) fn command(project: &Path) -> Command {
    let mut command = Command::new(binaries().join("slingshot"));
    command
        .args(["sys-map", "serve", "--address", "127.0.0.1:0"])
        .env("NO_COLOR", "1")
        .env_remove("RUST_LOG")
        .current_dir(project);
    command
}

//! How a process of a service is started.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Stdio,
    sync::Arc,
};

use anyhow::{Context as _, Result};
use tokio::process::{Child, Command};

use crate::{
    engines::{self, Guardian},
    pipeline::PYTHON_FORM,
};

/// The script of the service that Python may run.
const SCRIPT: &str = include_str!("../../python/stamp.py");

/// What each process is started with.
#[derive(Debug)]
pub(crate) struct Launch {
    pub(crate) directory: PathBuf,
    pub(crate) sys_map: String,
    pub(crate) guardian: Arc<Guardian>,
    /// What runs the service that there is in Python too.
    pub(crate) python: Option<PathBuf>,
}

impl Launch {
    pub(super) fn spawn(&self, service: &str, log: &Path) -> Result<Child> {
        let process = self
            .command(service)?
            .env("SLINGSHOT_SYS_MAP", &self.sys_map)
            .env("SLINGSHOT_SERVICES", service)
            .env("SLINGSHOT_STAGING", self.directory.join("staging"))
            .env("SLINGSHOT_STATE", self.directory.join("state"))
            .env("SLINGSHOT_ADMIN", "127.0.0.1:0")
            .env("SLINGSHOT_LOG", "json")
            .env_remove("SLINGSHOT_REPORT")
            .env_remove("RUST_LOG")
            .stdin(Stdio::null())
            .stdout(engines::log(log)?)
            .stderr(engines::log(log)?)
            .process_group(0)
            .spawn()?;
        if let Some(id) = process.id() {
            self.guardian.watch(id)?;
        }
        Ok(process)
    }

    fn command(&self, service: &str) -> Result<Command> {
        if let Some(python) = &self.python
            && service == PYTHON_FORM
        {
            let script = self.directory.join("stamp.py");
            fs::write(&script, SCRIPT)?;
            let mut command = Command::new(python);
            command.arg(script).env("CHAOS_TRAP", self.trap());
            return Ok(command);
        }
        let mut command = Command::new(std::env::current_exe().context("this program")?);
        command.arg("--services");
        Ok(command)
    }

    /// Has the next call in Python end its process, after its insert.
    pub(super) fn lay_trap(&self) -> Result<()> {
        Ok(fs::write(self.trap(), [])?)
    }

    fn trap(&self) -> PathBuf {
        self.directory.join("trap")
    }
}

//! Nothing outlives the test, however it ends.

use std::{fs, path::Path, process::Stdio};

use anyhow::{Context as _, Result};
use tokio::process::{Child, ChildStdin, Command};

/// Ends what `pids` names, a file for each process, once standard input has ended. The write end of that
/// pipe is in the test's process and nowhere else: a killed test closes it too.
const SCRIPT: &str = r#"
read -r _
cd "$1" || exit 0
for pid in *; do
    [ -e "$pid" ] && kill -KILL "$pid" 2>/dev/null
done
"#;

/// A process that waits for the end of this one.
#[derive(Debug)]
pub(crate) struct Guardian {
    pids: std::path::PathBuf,
    _process: Child,
    _lifeline: ChildStdin,
}

impl Guardian {
    pub(crate) fn start(directory: &Path) -> Result<Self> {
        let pids = directory.join("pids");
        fs::create_dir(&pids)?;
        let mut process = Command::new("/bin/sh")
            .args(["-c", SCRIPT, "guardian"])
            .arg(&pids)
            .stdin(Stdio::piped())
            .process_group(0)
            .spawn()
            .context("/bin/sh")?;
        let lifeline = process.stdin.take().context("standard input is a pipe")?;
        Ok(Self {
            pids,
            _process: process,
            _lifeline: lifeline,
        })
    }

    /// A process that must not outlive the test.
    pub(crate) fn watch(&self, id: u32) -> Result<()> {
        Ok(fs::write(self.pids.join(id.to_string()), [])?)
    }

    /// It has ended, and its id may soon be another's.
    pub(crate) fn forget(&self, id: u32) {
        fs::remove_file(self.pids.join(id.to_string())).ok();
    }
}

//! What a process of services is started with: a binary, or an interpreter and its script.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use tokio::process::Command;

/// The package that a script's services come from.
pub(crate) const PYTHON_PACKAGE: &str = "slingshot_microservice";

/// A program that may hold services.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Program {
    /// Its name, for people.
    pub(crate) name: String,
    path: PathBuf,
    /// What the path interprets, where it is Python.
    script: Option<PathBuf>,
}

impl Program {
    /// A program of its own.
    pub(crate) fn binary(name: impl Into<String>, path: impl Into<PathBuf>) -> Self {
        Self {
            name: name.into(),
            path: path.into(),
            script: None,
        }
    }

    /// A script, and the interpreter that has its packages.
    pub(crate) fn script(interpreter: &Path, script: PathBuf) -> Self {
        let name = script.file_stem().unwrap_or_default();
        Self {
            name: name.to_string_lossy().into_owned(),
            path: interpreter.to_owned(),
            script: Some(script),
        }
    }

    /// What is started: the binary, or the interpreter of a script.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether it is a script.
    pub(crate) fn is_script(&self) -> bool {
        self.script.is_some()
    }

    /// What starts it.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(&self.path);
        if let Some(script) = &self.script {
            // What a service prints is a line of its log now, and not when a buffer is full.
            command.arg(script).env("PYTHONUNBUFFERED", "1");
        }
        command
    }

    /// What has it say what it holds.
    pub(crate) fn describing(&self) -> Command {
        let mut command = Command::new(&self.path);
        match &self.script {
            Some(script) => command.args(["-m", PYTHON_PACKAGE, "describe"]).arg(script),
            None => command.arg("--describe"),
        };
        command
    }

    /// What a describing program has to do.
    pub(crate) fn duty(&self) -> &'static str {
        if self.is_script() {
            "the script has to start its services: `Microservice(…).start()`, or `run()`"
        } else {
            "its main function has to return slingshot::run()"
        }
    }
}

/// The file that holds its services.
impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.script.as_ref().unwrap_or(&self.path).display().fmt(f)
    }
}

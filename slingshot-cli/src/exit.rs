//! How a command ends: its exit code, and the failure that explains it.

use std::{error::Error, process::ExitCode};

/// The exit codes, which scripts and CI rely on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Nothing to complain about.
    Clean,
    /// The command worked and found something: a diagnostic, a dead letter, a failing service.
    Findings,
    /// The command line, `slingshot.toml` or the project is not as it must be.
    Usage,
    /// There was nothing to work on.
    NoInput,
    /// An input could not be read, or the network failed.
    Unreadable,
    /// `topology diff --exit-code` found changes, and none that breaks anything.
    Changes,
    /// Interrupted before it was done; shells use this code for Ctrl-C.
    Interrupted,
    /// A bug of ours.
    Bug,
}

impl Exit {
    /// The number that the process ends with.
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Clean => 0,
            Self::Findings => 1,
            Self::Usage => 2,
            Self::NoInput => 3,
            Self::Unreadable => 4,
            Self::Changes => 5,
            Self::Interrupted => 130,
            Self::Bug => 70,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// Why a command did not do what it was asked: what failed, why, and what to do about it.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(crate) struct Failure {
    /// What the process ends with.
    pub(crate) exit: Exit,
    message: String,
    #[source]
    cause: Option<Box<dyn Error + Send + Sync>>,
    /// What the reader can do.
    pub(crate) help: Option<String>,
}

impl Failure {
    /// A failure that ends the process with `exit`.
    pub(crate) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self {
            exit,
            message: message.into(),
            cause: None,
            help: None,
        }
    }

    /// The command line or the configuration is wrong.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, message)
    }

    /// Something could not be read, written or reached.
    pub(crate) fn unreadable(message: impl Into<String>) -> Self {
        Self::new(Exit::Unreadable, message)
    }

    /// The error underneath.
    #[must_use]
    pub(crate) fn because(mut self, cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.cause = Some(cause.into());
        self
    }

    /// The same, where it is another kind of end.
    #[must_use]
    pub(crate) fn ending_with(mut self, exit: Exit) -> Self {
        self.exit = exit;
        self
    }

    /// What to do about it.
    #[must_use]
    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The errors underneath, outermost first. One that its parent already says is left out.
    pub(crate) fn causes(&self) -> Vec<String> {
        let mut said = self.message.clone();
        let mut causes = Vec::new();
        let mut next = self.source();
        while let Some(cause) = next {
            let text = cause.to_string();
            if !said.contains(&text) {
                causes.push(text.clone());
                said = text;
            }
            next = cause.source();
        }
        causes
    }
}

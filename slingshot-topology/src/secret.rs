//! References to secrets. Never a secret itself.

use std::{fmt, str::FromStr};

use thiserror::Error;

/// Where a secret is to be found when it is needed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum SecretReference {
    /// `pass:ENTRY`: the first line of `pass show ENTRY` (GNU `pass`).
    Pass(String),
    /// `env:NAME`: an environment variable of the process that needs the secret.
    Env(String),
    /// `file:PATH`: the file's first line.
    File(String),
}

/// A text that is not a secret reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SecretReferenceError {
    /// None of the three schemes; the text is not repeated because it may be a secret.
    #[error("not a secret reference: write `pass:ENTRY`, `env:NAME` or `file:PATH`")]
    UnknownScheme,
    /// Nothing after the colon.
    #[error("the secret reference names nothing after its colon")]
    Empty,
    /// An entry that `pass` would read as an option, or that leaves the store.
    #[error("a `pass` entry may not start with `-` or `/`, nor contain `..`")]
    UnsafeEntry,
}

impl SecretReference {
    /// Reads a bare `pass` entry, as the fields `pass`, `pass:access-key` and `pass:secret-key` of
    /// the sys-map hold it.
    ///
    /// # Errors
    ///
    /// [`SecretReferenceError`] if the entry is empty or could be mistaken for an option or a path.
    pub fn pass(entry: &str) -> Result<Self, SecretReferenceError> {
        if entry.is_empty() {
            return Err(SecretReferenceError::Empty);
        }
        if entry.starts_with(['-', '/']) || entry.split('/').any(|part| part == "..") {
            return Err(SecretReferenceError::UnsafeEntry);
        }
        Ok(Self::Pass(entry.to_owned()))
    }
}

impl FromStr for SecretReference {
    type Err = SecretReferenceError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (scheme, rest) = text
            .split_once(':')
            .ok_or(SecretReferenceError::UnknownScheme)?;
        match scheme {
            "pass" => Self::pass(rest),
            "env" | "file" if rest.is_empty() => Err(SecretReferenceError::Empty),
            "env" => Ok(Self::Env(rest.to_owned())),
            "file" => Ok(Self::File(rest.to_owned())),
            _ => Err(SecretReferenceError::UnknownScheme),
        }
    }
}

impl fmt::Display for SecretReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pass(entry) => write!(f, "pass:{entry}"),
            Self::Env(name) => write!(f, "env:{name}"),
            Self::File(path) => write!(f, "file:{path}"),
        }
    }
}

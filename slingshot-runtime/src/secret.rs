//! Secrets: found when they are needed, and never shown.

use std::{fmt, io, path::PathBuf, process::Stdio, time::Duration};

use slingshot_topology::SecretReference;
use thiserror::Error;
use tokio::{process::Command, time::timeout};

use crate::environment;

/// A secret. Its `Debug` form is dots, and it has no `Display`.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Secret(String);

impl Secret {
    /// The secret itself, for the client that logs in with it.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// How long `pass` may take. An agent that wants to ask a person for a passphrase waits for ever.
const PASS_TIMEOUT: Duration = Duration::from_secs(10);

/// A secret that is not where its reference says. What was found there is never part of the message.
#[derive(Debug, Error)]
pub enum SecretError {
    /// `pass` could not be started.
    #[error("`pass show {entry}` did not start: {source}; is GNU pass installed?")]
    NoPass {
        /// The entry that was asked for.
        entry: String,
        /// Why it did not start.
        source: io::Error,
    },
    /// `pass` did not answer in time.
    #[error(
        "`pass show {entry}` did not answer within {}s; does its key want a passphrase?",
        PASS_TIMEOUT.as_secs()
    )]
    PassTimeout {
        /// The entry that was asked for.
        entry: String,
    },
    /// `pass` refused.
    #[error("`pass show {entry}` failed: {complaint}")]
    PassFailed {
        /// The entry that was asked for.
        entry: String,
        /// What it wrote to its standard error.
        complaint: String,
    },
    /// The environment variable is not set, or empty.
    #[error("the environment variable `{0}` is not set")]
    NoVariable(String),
    /// The file could not be read.
    #[error("the secret file {} could not be read: {source}", path.display())]
    File {
        /// The file's path.
        path: PathBuf,
        /// Why it could not be read.
        source: io::Error,
    },
    /// There is nothing in the first line.
    #[error("the secret `{0}` is empty: its first line counts")]
    Empty(String),
}

/// Finds a secret.
pub(crate) async fn resolve(reference: &SecretReference) -> Result<Secret, SecretError> {
    let text = match reference {
        SecretReference::Pass(entry) => pass_show(entry).await?,
        SecretReference::Env(name) => {
            environment::variable(name).ok_or_else(|| SecretError::NoVariable(name.clone()))?
        }
        SecretReference::File(path) => {
            tokio::fs::read_to_string(path)
                .await
                .map_err(|source| SecretError::File {
                    path: path.into(),
                    source,
                })?
        }
    };
    match text.lines().next() {
        Some(line) if !line.is_empty() => Ok(Secret(line.to_owned())),
        _ => Err(SecretError::Empty(reference.to_string())),
    }
}

async fn pass_show(entry: &str) -> Result<String, SecretError> {
    let mut command = Command::new("pass");
    command
        .args(["show", entry])
        .stdin(Stdio::null())
        .kill_on_drop(true);
    let output = timeout(PASS_TIMEOUT, command.output())
        .await
        .map_err(|_| SecretError::PassTimeout {
            entry: entry.to_owned(),
        })?
        .map_err(|source| SecretError::NoPass {
            entry: entry.to_owned(),
            source,
        })?;
    if !output.status.success() {
        let complaint = String::from_utf8_lossy(&output.stderr);
        return Err(SecretError::PassFailed {
            entry: entry.to_owned(),
            complaint: complaint.trim().to_owned(),
        });
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_first_line_of_a_file_is_the_secret() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "s3cret\nlogin: me\n").unwrap();
        let reference = SecretReference::File(file.path().display().to_string());
        assert_eq!(resolve(&reference).await.unwrap().reveal(), "s3cret");
    }

    #[tokio::test]
    async fn an_error_names_the_reference_and_not_the_content() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "\nhidden").unwrap();
        let reference = SecretReference::File(file.path().display().to_string());
        let message = resolve(&reference).await.unwrap_err().to_string();
        assert_eq!(
            message,
            format!(
                "the secret `file:{}` is empty: its first line counts",
                file.path().display()
            )
        );
        let unset = SecretReference::Env("SLINGSHOT_NO_SUCH_VARIABLE".to_owned());
        assert_eq!(
            resolve(&unset).await.unwrap_err().to_string(),
            "the environment variable `SLINGSHOT_NO_SUCH_VARIABLE` is not set"
        );
    }

    #[test]
    fn a_secret_does_not_print() {
        assert_eq!(format!("{:?}", Secret("s3cret".to_owned())), "Secret(…)");
    }
}

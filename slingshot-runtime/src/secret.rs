//! Secrets: found when they are needed, and never shown.

mod pass;
mod source;

use std::{fmt, io, path::PathBuf, time::Duration};

use slingshot_topology::SecretReference;
use thiserror::Error;
use tokio::{
    fs::File,
    io::{AsyncRead, AsyncReadExt as _},
    time::timeout,
};

pub(crate) use self::source::SecretSource;
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

impl From<String> for Secret {
    fn from(secret: String) -> Self {
        Self(secret)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// How long a secret may take. An agent that wants to ask a person for a passphrase waits for ever, and
/// so does a pipe that nobody writes to.
const TIMEOUT: Duration = Duration::from_secs(10);

/// How much is read to find the first line.
const LONGEST: u64 = 64 * 1024;

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
        TIMEOUT.as_secs()
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
    /// The first line is not UTF-8, or does not end.
    #[error("the secret `{0}` is not a line of text")]
    NotText(String),
}

/// Finds a secret.
pub(crate) async fn resolve(reference: &SecretReference) -> Result<Secret, SecretError> {
    let found = match reference {
        SecretReference::Pass(entry) => pass::show(entry).await?,
        SecretReference::Env(name) => environment::variable(name)
            .ok_or_else(|| SecretError::NoVariable(name.clone()))?
            .into_bytes(),
        SecretReference::File(path) => read(path).await.map_err(|source| SecretError::File {
            path: path.into(),
            source,
        })?,
    };
    first_line(&found).map_err(|wrong| wrong(reference.to_string()))
}

fn first_line(found: &[u8]) -> Result<Secret, fn(String) -> SecretError> {
    let end = found.iter().position(|byte| *byte == b'\n');
    if end.is_none() && found.len() as u64 >= LONGEST {
        return Err(SecretError::NotText);
    }
    let (line, _) = found.split_at(end.unwrap_or(found.len()));
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    match str::from_utf8(line) {
        Ok("") => Err(SecretError::Empty),
        Ok(line) => Ok(Secret(line.to_owned())),
        Err(_) => Err(SecretError::NotText),
    }
}

async fn read(path: &str) -> io::Result<Vec<u8>> {
    let reading = async { beginning(&mut File::open(path).await?).await };
    timeout(TIMEOUT, reading)
        .await
        .map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
}

/// No more of a stream than the first line can need.
async fn beginning(stream: impl AsyncRead + Unpin) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    stream.take(LONGEST).read_to_end(&mut bytes).await?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn resolved(content: &[u8]) -> Result<String, String> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), content).unwrap();
        let path = file.path().display().to_string();
        match resolve(&SecretReference::File(path.clone())).await {
            Ok(secret) => Ok(secret.reveal().to_owned()),
            Err(error) => Err(error.to_string().replace(&path, "PATH")),
        }
    }

    #[tokio::test]
    async fn the_first_line_of_a_file_is_the_secret() {
        let check = async |content: &[u8], expected: &str| {
            assert_eq!(resolved(content).await.as_deref(), Ok(expected));
        };
        check(b"s3cret\nlogin: me\n", "s3cret").await;
        check(b"s3cret", "s3cret").await;
        check(b" s3 cret \r\n", " s3 cret ").await;
        check("gehe1mniß\n\u{0}".as_bytes(), "gehe1mniß").await;
        check(b"s3cret\n\xff\xfe", "s3cret").await;
    }

    #[tokio::test]
    async fn an_error_names_the_reference_and_not_the_content() {
        let check = async |content: &[u8], expected: &str| {
            assert_eq!(resolved(content).await.unwrap_err(), expected);
        };
        let empty = "the secret `file:PATH` is empty: its first line counts";
        check(b"\nhidden", empty).await;
        check(b"", empty).await;
        let not_text = "the secret `file:PATH` is not a line of text";
        check(b"hidden\xff\n", not_text).await;
        check(&vec![b'x'; 70_000], not_text).await;
        let unset = SecretReference::Env("SLINGSHOT_NO_SUCH_VARIABLE".to_owned());
        assert_eq!(
            resolve(&unset).await.unwrap_err().to_string(),
            "the environment variable `SLINGSHOT_NO_SUCH_VARIABLE` is not set"
        );
    }

    #[tokio::test]
    async fn a_file_without_an_end_is_not_read_to_its_end() {
        let endless = SecretReference::File("/dev/zero".to_owned());
        assert_eq!(
            resolve(&endless).await.unwrap_err().to_string(),
            "the secret `file:/dev/zero` is not a line of text"
        );
    }

    #[test]
    fn a_secret_does_not_print() {
        assert_eq!(format!("{:?}", Secret("s3cret".to_owned())), "Secret(…)");
    }
}

//! What is wrong with a sys-map, or the way to it.

use std::{io, path::PathBuf};

use reqwest::StatusCode;
use slingshot_topology::sys_map::AnswerError;
use thiserror::Error;

use super::http::LONGEST_ANSWER;
use crate::secret::SecretError;

/// A sys-map that does not say what a service needs.
#[derive(Debug, Error)]
pub(crate) enum SysMapError {
    /// There is no such address. It is not repeated: it may hold a password.
    #[error(
        "the sys-map's address is not a host: write `sys-map.example.com`, or a URL with `https://` or \
         `http://`"
    )]
    NotAHost,
    /// The root certificate cannot be used.
    #[error("SLINGSHOT_SYS_MAP_CA: {} is no PEM file with certificates: {source}", path.display())]
    Certificate {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: crate::AnyError,
    },
    /// The client of HTTP refuses to begin.
    #[error("no HTTPS client: {0}")]
    Client(crate::AnyError),
    /// The token is not where its reference says.
    #[error("SLINGSHOT_SYS_MAP_TOKEN: {0}")]
    Token(#[source] SecretError),
    /// No header can carry the token.
    #[error("SLINGSHOT_SYS_MAP_TOKEN: the secret is not a token: visible ASCII, without spaces")]
    NotAToken,
    /// It does not answer.
    #[error("the sys-map does not answer: GET {url}: {source}{}", trust(source))]
    Unreachable {
        /// What was asked.
        url: String,
        /// Why there was no answer.
        source: crate::AnyError,
    },
    /// It answers with an error status.
    #[error("the sys-map answered {status} to GET {url}{}", help(*.status))]
    Status {
        /// What was asked.
        url: String,
        /// The HTTP status.
        status: u16,
    },
    /// It answers with something else than the format promises.
    #[error("GET {url}: {source}")]
    Answer {
        /// What was asked.
        url: String,
        /// What is wrong with the answer.
        source: Malformed,
    },
    /// It answers more than a map ever is.
    #[error("GET {url}: the answer is longer than {LONGEST_ANSWER} bytes")]
    TooLong {
        /// What was asked.
        url: String,
    },
}

/// An answer that is none.
#[derive(Debug, Error)]
pub(crate) enum Malformed {
    #[error("the answer is not UTF-8")]
    NotText,
    #[error(transparent)]
    Fields(#[from] AnswerError),
    /// No store would take it for a bucket's name.
    #[error(
        "the answer is not a bucket's name: letters, digits and `.-_:/`, and nothing around it"
    )]
    NotABucket,
}

fn help(status: u16) -> &'static str {
    match StatusCode::from_u16(status) {
        Ok(StatusCode::NOT_FOUND) => ": it does not know this name",
        Ok(StatusCode::UNAUTHORIZED) => {
            ": it wants a token, or another one; SLINGSHOT_SYS_MAP_TOKEN says where the token is"
        }
        _ => "",
    }
}

fn trust(cause: &crate::AnyError) -> &'static str {
    if cause.to_string().contains("UnknownIssuer") {
        "; a private root certificate is named by SLINGSHOT_SYS_MAP_CA"
    } else {
        ""
    }
}

impl SysMapError {
    /// Whether asking again may help: nobody answered, or nobody in order.
    pub(crate) fn may_pass(&self) -> bool {
        match self {
            Self::Unreachable { .. } => true,
            Self::Status { status, .. } => *status >= 500 || *status == 429,
            Self::NotAHost
            | Self::Certificate { .. }
            | Self::Client(_)
            | Self::Token(_)
            | Self::NotAToken
            | Self::Answer { .. }
            | Self::TooLong { .. } => false,
        }
    }

    /// Whether it is what the process was told, and not what the sys-map says.
    pub(crate) fn is_configuration(&self) -> bool {
        matches!(
            self,
            Self::NotAHost | Self::Certificate { .. } | Self::NotAToken
        )
    }
}

/// Answers that cannot be kept, or not be used.
#[derive(Debug, Error)]
pub(super) enum KeptError {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("it belongs to another user, or others may write it")]
    Foreign,
    #[error("it is not a kept answer: {0}")]
    NotJson(#[from] serde_json::Error),
    #[error("it is the answer to another question")]
    OtherUrl,
    #[error(transparent)]
    Malformed(#[from] Malformed),
}

#[cfg(test)]
mod tests {
    use slingshot_topology::sys_map::RabbitMq;

    use super::*;

    #[test]
    fn errors_name_the_url_and_the_field() {
        let check = |error: SysMapError, expected: &str| assert_eq!(error.to_string(), expected);
        let status = |status| SysMapError::Status {
            url: "https://map/sniff".to_owned(),
            status,
        };
        check(
            status(404),
            "the sys-map answered 404 to GET https://map/sniff: it does not know this name",
        );
        check(
            status(401),
            "the sys-map answered 401 to GET https://map/sniff: it wants a token, or another one; \
             SLINGSHOT_SYS_MAP_TOKEN says where the token is",
        );
        check(
            status(500),
            "the sys-map answered 500 to GET https://map/sniff",
        );
        let answer = SysMapError::Answer {
            url: "https://map/rabbitmq".to_owned(),
            source: RabbitMq::from_json("{}").unwrap_err().into(),
        };
        check(
            answer,
            "GET https://map/rabbitmq: the field `host` is missing",
        );
    }
}

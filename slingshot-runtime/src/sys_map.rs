//! The client of the sys-map.

use std::time::Duration;

use reqwest::StatusCode;
use slingshot_topology::sys_map::{AnswerError, Database, ObjectStorage, RabbitMq, ServiceAnswer};
use thiserror::Error;
use tokio::time::{Instant, sleep};

use crate::backoff::Backoff;

/// How long one answer may take.
const TIMEOUT: Duration = Duration::from_secs(5);

/// How long a service keeps asking before it gives up.
const PATIENCE: Duration = Duration::from_mins(1);

/// The longest answer that is read: a map is text that people write.
const LONGEST_ANSWER: usize = 1024 * 1024;

/// A sys-map that does not say what a service needs.
#[derive(Debug, Error)]
pub(crate) enum SysMapError {
    /// It does not answer.
    #[error("the sys-map does not answer: GET {url}: {source}")]
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
        source: AnswerError,
    },
    /// It answers more than a map ever is.
    #[error("GET {url}: the answer is longer than {LONGEST_ANSWER} bytes")]
    TooLong {
        /// What was asked.
        url: String,
    },
    /// A bucket's name is empty or has a space or a line break in it.
    #[error("GET {url}: the answer is not a bucket's name")]
    NotABucket {
        /// What was asked.
        url: String,
    },
}

fn help(status: u16) -> &'static str {
    if status == StatusCode::NOT_FOUND.as_u16() {
        ": it does not know this name"
    } else {
        ""
    }
}

impl SysMapError {
    /// Whether asking again may help.
    fn may_pass(&self) -> bool {
        match self {
            Self::Unreachable { .. } => true,
            Self::Status { status, .. } => *status >= 500 || *status == 429,
            Self::Answer { .. } | Self::TooLong { .. } | Self::NotABucket { .. } => false,
        }
    }
}

/// Asks one host for everything.
#[derive(Clone, Debug)]
pub(crate) struct SysMap {
    base: String,
    http: reqwest::Client,
}

impl SysMap {
    /// A client of `host`: a host without a scheme means `https://`.
    pub(crate) fn new(host: &str) -> Self {
        let base = match host {
            _ if host.contains("://") => host.to_owned(),
            _ => format!("https://{host}"),
        };
        // The sys-map is one of the system's own servers: no proxy stands before it.
        let http = reqwest::Client::builder()
            .timeout(TIMEOUT)
            .no_proxy()
            .user_agent(concat!("slingshot/", env!("CARGO_PKG_VERSION")))
            .build()
            .expect("a TLS provider is installed before any client is made");
        Self {
            base: base.trim_end_matches('/').to_owned(),
            http,
        }
    }

    pub(crate) async fn service(&self, name: &str) -> Result<ServiceAnswer, SysMapError> {
        self.parsed(name, ServiceAnswer::from_json).await
    }

    pub(crate) async fn rabbitmq(&self) -> Result<RabbitMq, SysMapError> {
        self.parsed("rabbitmq", RabbitMq::from_json).await
    }

    pub(crate) async fn database(&self) -> Result<Database, SysMapError> {
        self.parsed("db", Database::from_json).await
    }

    pub(crate) async fn object_storage(&self) -> Result<ObjectStorage, SysMapError> {
        self.parsed("object-storage", ObjectStorage::from_json)
            .await
    }

    /// The real bucket behind a service's key.
    pub(crate) async fn bucket(&self, service: &str, key: &str) -> Result<String, SysMapError> {
        let path = format!("{service}/{key}");
        let answer = self.patiently(&path).await?;
        let bucket = answer.trim();
        if bucket.is_empty() || bucket.contains(char::is_whitespace) {
            return Err(SysMapError::NotABucket {
                url: self.url(&path),
            });
        }
        Ok(bucket.to_owned())
    }

    async fn parsed<T>(
        &self,
        path: &str,
        parse: impl FnOnce(&str) -> Result<T, AnswerError>,
    ) -> Result<T, SysMapError> {
        let body = self.patiently(path).await?;
        parse(&body).map_err(|source| SysMapError::Answer {
            url: self.url(path),
            source,
        })
    }

    /// Asks until there is an answer, an error that will not pass, or no patience left.
    async fn patiently(&self, path: &str) -> Result<String, SysMapError> {
        let url = self.url(path);
        let give_up = Instant::now() + PATIENCE;
        let mut backoff = Backoff::default();
        loop {
            let error = match self.ask(&url).await {
                Ok(body) => return Ok(body),
                Err(error) => error,
            };
            let wait = backoff.after_failure();
            if !error.may_pass() || Instant::now() + wait > give_up {
                return Err(error);
            }
            tracing::warn!(%error, "asking the sys-map again");
            sleep(wait).await;
        }
    }

    async fn ask(&self, url: &str) -> Result<String, SysMapError> {
        let unreachable = |error: reqwest::Error| SysMapError::Unreachable {
            url: url.to_owned(),
            source: root_cause(&error.without_url()),
        };
        let mut response = self.http.get(url).send().await.map_err(unreachable)?;
        if !response.status().is_success() {
            return Err(SysMapError::Status {
                url: url.to_owned(),
                status: response.status().as_u16(),
            });
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
            if body.len() + chunk.len() > LONGEST_ANSWER {
                return Err(SysMapError::TooLong {
                    url: url.to_owned(),
                });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(String::from_utf8_lossy(&body).into_owned())
    }

    fn url(&self, path: &str) -> String {
        format!("{}/{path}", self.base)
    }
}

/// The last error of the chain says what happened; those above it say that something did.
fn root_cause(error: &reqwest::Error) -> crate::AnyError {
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_without_a_scheme_means_https() {
        let check = |host: &str, expected: &str| {
            crate::tls::install();
            assert_eq!(SysMap::new(host).url("sniff"), expected);
        };
        check("sys-map.example.com", "https://sys-map.example.com/sniff");
        check("http://127.0.0.1:8080/", "http://127.0.0.1:8080/sniff");
    }

    #[test]
    fn errors_name_the_url_and_the_field() {
        let status = SysMapError::Status {
            url: "https://map/sniff".to_owned(),
            status: 404,
        };
        assert_eq!(
            status.to_string(),
            "the sys-map answered 404 to GET https://map/sniff: it does not know this name"
        );
        let answer = SysMapError::Answer {
            url: "https://map/rabbitmq".to_owned(),
            source: RabbitMq::from_json("{}").unwrap_err(),
        };
        assert_eq!(
            answer.to_string(),
            "GET https://map/rabbitmq: the field `host` is missing"
        );
    }
}

//! The client of the sys-map.

mod reload;

use std::time::Duration;

use reqwest::{StatusCode, Url};
use slingshot_topology::sys_map::{AnswerError, Database, ObjectStorage, RabbitMq, ServiceAnswer};
use thiserror::Error;
use tokio::time::{Instant, sleep};

pub(crate) use self::reload::Reload;

use crate::backoff::Backoff;

/// How long one answer may take.
const TIMEOUT: Duration = Duration::from_secs(5);

/// How long a service keeps asking before it gives up.
const PATIENCE: Duration = Duration::from_mins(1);

/// The longest answer that is read: a map is text that people write.
const LONGEST_ANSWER: usize = 1024 * 1024;

/// The longest bucket name of any store: S3 had 255 before it had rules.
const LONGEST_BUCKET: usize = 255;

/// A sys-map that does not say what a service needs.
#[derive(Debug, Error)]
pub(crate) enum SysMapError {
    /// There is no such address. It is not repeated: it may hold a password.
    #[error(
        "the sys-map's address is not a host: write `sys-map.example.com`, or a URL with `https://` or \
         `http://`"
    )]
    NotAHost,
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
    /// No store would take it for a bucket's name.
    #[error(
        "GET {url}: the answer is not a bucket's name: letters, digits and `.-_:/`, and nothing around it"
    )]
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
    pub(crate) fn may_pass(&self) -> bool {
        match self {
            Self::Unreachable { .. } => true,
            Self::Status { status, .. } => *status >= 500 || *status == 429,
            Self::NotAHost
            | Self::Answer { .. }
            | Self::TooLong { .. }
            | Self::NotABucket { .. } => false,
        }
    }
}

/// Asks one host for everything.
#[derive(Clone, Debug)]
pub(crate) struct SysMap {
    base: Url,
    http: reqwest::Client,
}

impl SysMap {
    /// A client of `host`: a host without a scheme means `https://`.
    pub(crate) fn new(host: &str) -> Result<Self, SysMapError> {
        // The sys-map is one of the system's own servers: no proxy stands before it.
        let http = reqwest::Client::builder()
            .timeout(TIMEOUT)
            .no_proxy()
            .user_agent(concat!("slingshot/", env!("CARGO_PKG_VERSION")))
            .build()
            .expect("a TLS provider is installed before any client is made");
        Ok(Self {
            base: base(host).ok_or(SysMapError::NotAHost)?,
            http,
        })
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

    /// A service's answer, asked for once.
    pub(crate) async fn service_now(&self, name: &str) -> Result<ServiceAnswer, SysMapError> {
        self.parsed_now(name, ServiceAnswer::from_json).await
    }

    /// Any answer, asked for once.
    pub(crate) async fn parsed_now<T>(
        &self,
        path: &str,
        parse: impl FnOnce(&str) -> Result<T, AnswerError>,
    ) -> Result<T, SysMapError> {
        let url = self.url(&[path]);
        let body = self.ask(&url).await?;
        parse(&body).map_err(|source| SysMapError::Answer {
            url: shown(&url),
            source,
        })
    }

    /// The real bucket behind a service's key.
    pub(crate) async fn bucket(&self, service: &str, key: &str) -> Result<String, SysMapError> {
        let url = self.url(&[service, key]);
        bucket(&url, &self.patiently(&url).await?)
    }

    /// The real bucket behind a service's key, asked for once.
    pub(crate) async fn bucket_now(&self, service: &str, key: &str) -> Result<String, SysMapError> {
        let url = self.url(&[service, key]);
        bucket(&url, &self.ask(&url).await?)
    }

    async fn parsed<T>(
        &self,
        path: &str,
        parse: impl FnOnce(&str) -> Result<T, AnswerError>,
    ) -> Result<T, SysMapError> {
        let url = self.url(&[path]);
        let body = self.patiently(&url).await?;
        parse(&body).map_err(|source| SysMapError::Answer {
            url: shown(&url),
            source,
        })
    }

    /// Asks until there is an answer, an error that will not pass, or no patience left.
    async fn patiently(&self, url: &Url) -> Result<String, SysMapError> {
        let give_up = Instant::now() + PATIENCE;
        let mut backoff = Backoff::default();
        loop {
            let error = match self.ask(url).await {
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

    async fn ask(&self, url: &Url) -> Result<String, SysMapError> {
        let unreachable = |error: reqwest::Error| SysMapError::Unreachable {
            url: shown(url),
            source: root_cause(&error.without_url()),
        };
        let mut response = self
            .http
            .get(url.clone())
            .send()
            .await
            .map_err(unreachable)?;
        if !response.status().is_success() {
            return Err(SysMapError::Status {
                url: shown(url),
                status: response.status().as_u16(),
            });
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
            if body.len() + chunk.len() > LONGEST_ANSWER {
                return Err(SysMapError::TooLong { url: shown(url) });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(String::from_utf8_lossy(&body).into_owned())
    }

    /// Names are encoded: a `/`, `?` or `#` in one asks for no other path.
    fn url(&self, names: &[&str]) -> Url {
        let mut url = self.base.clone();
        url.path_segments_mut()
            .expect("a base with a host has a path")
            .pop_if_empty()
            .extend(names);
        url
    }
}

/// The address below which the names are.
fn base(host: &str) -> Option<Url> {
    let url = match host {
        _ if host.contains("://") => Url::parse(host),
        _ => Url::parse(&format!("https://{host}")),
    };
    let url = url.ok()?;
    (matches!(url.scheme(), "http" | "https") && url.has_host()).then_some(url)
}

/// The URL as it may be read by anybody: the address may hold a password.
fn shown(url: &Url) -> String {
    let mut url = url.clone();
    let hidden = url
        .set_password(None)
        .and_then(|()| url.set_username(""))
        .is_ok();
    if hidden { url.into() } else { String::new() }
}

/// Space around the name is let pass, as the predecessor's services do.
fn bucket(url: &Url, answer: &str) -> Result<String, SysMapError> {
    let name = bucket_name(answer).ok_or_else(|| SysMapError::NotABucket { url: shown(url) })?;
    Ok(name.to_owned())
}

pub(crate) fn bucket_name(answer: &str) -> Option<&str> {
    let name = answer.trim();
    let of_a_bucket = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:/".contains(&byte);
    let is_one = !name.is_empty() && name.len() <= LONGEST_BUCKET && name.bytes().all(of_a_bucket);
    is_one.then_some(name)
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

    fn url(host: &str, names: &[&str]) -> Result<String, String> {
        crate::tls::install();
        match SysMap::new(host) {
            Ok(sys_map) => Ok(shown(&sys_map.url(names))),
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn a_host_without_a_scheme_means_https() {
        let check = |host: &str, expected: &str| {
            assert_eq!(url(host, &["sniff"]).as_deref(), Ok(expected));
        };
        check("sys-map.example.com", "https://sys-map.example.com/sniff");
        check(
            "sys-map.example.com:8443",
            "https://sys-map.example.com:8443/sniff",
        );
        check("http://127.0.0.1:8080/", "http://127.0.0.1:8080/sniff");
        check("http://proxy/sys-map", "http://proxy/sys-map/sniff");
        check("http://me:hunter2@proxy", "http://proxy/sniff");
    }

    #[test]
    fn what_is_no_host_is_refused_and_not_repeated() {
        for host in [
            "",
            "http://",
            "ftp://host",
            "http://me:hunter2@[",
            "two words",
        ] {
            let error = url(host, &["sniff"]).unwrap_err();
            assert!(
                error.starts_with("the sys-map's address is not a host"),
                "{error}"
            );
            assert!(!error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn names_do_not_become_paths() {
        assert_eq!(
            url("http://map", &["a/b", "in?x#y z"]).as_deref(),
            Ok("http://map/a%2Fb/in%3Fx%23y%20z")
        );
    }

    #[test]
    fn a_web_page_is_not_a_bucket() {
        let check =
            |name: &str, expected| assert_eq!(bucket_name(name).is_some(), expected, "{name}");
        check("raw", true);
        check("Raw_files.2026", true);
        check("", false);
        check("<html></html>", false);
        check("\"raw\"", false);
        check("two words", false);
        check(&"x".repeat(256), false);
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

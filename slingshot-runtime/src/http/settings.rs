//! Where the server listens and what it lets clients do.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use slingshot_topology::SecretReference;
use thiserror::Error;

use super::{
    keys::Keys,
    tls::{Tls, TlsError},
};
use crate::secret::{Secret, SecretError};

/// Where it listens unless it is told.
const LISTEN: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 8080);

/// How many requests may run at once in all.
const MAX_REQUESTS: u32 = 1_024;

/// How long a connection may idle, and how long a client may take to send a request's headers.
const KEEP_ALIVE: Duration = Duration::from_secs(30);

/// The most bytes of a body that is not a file's.
const BODY_LIMIT: u64 = 2 * 1024 * 1024;

/// The most bytes of a file: what S3 takes as one object.
const UPLOAD_LIMIT: u64 = 5 * 1024 * 1024 * 1024 * 1024;

/// The settings, as they were given.
#[derive(Clone, Debug)]
pub(crate) struct HttpSettings {
    pub(crate) listen: SocketAddr,
    /// Keys given in the code.
    pub(crate) keys: Vec<Secret>,
    /// Where further keys are kept.
    pub(crate) key_references: Vec<SecretReference>,
    pub(crate) tls: Option<TlsSettings>,
    pub(crate) max_requests: u32,
    pub(crate) keep_alive: Duration,
    pub(crate) body_limit: u64,
    pub(crate) upload_limit: u64,
    /// Listen for everybody without TLS or key.
    pub(crate) insecure: bool,
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self {
            listen: LISTEN,
            keys: Vec::new(),
            key_references: Vec::new(),
            tls: None,
            max_requests: MAX_REQUESTS,
            keep_alive: KEEP_ALIVE,
            body_limit: BODY_LIMIT,
            upload_limit: UPLOAD_LIMIT,
            insecure: false,
        }
    }
}

/// Where the certificates are: PEM files, which are read again when they change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TlsSettings {
    pub(crate) certificate: PathBuf,
    pub(crate) private_key: PathBuf,
    /// Who signs the certificates of clients. With it, a client without one is refused.
    pub(crate) client_ca: Option<PathBuf>,
    /// The names of which a client's certificate must have one. Empty admits all that are signed.
    pub(crate) client_names: Vec<String>,
}

/// Settings with which the server is not to run.
#[derive(Debug, Error)]
pub(crate) enum SettingsError {
    #[error(
        "{0} can be reached from other machines, and nothing keeps strangers out: set SLINGSHOT_HTTP_KEYS, or \
         SLINGSHOT_HTTP_CERTIFICATE with a client CA, or start the program with `--insecure`"
    )]
    Open(SocketAddr),
    #[error("an API key is empty")]
    EmptyKey,
    #[error(transparent)]
    Key(#[from] SecretError),
    #[error(transparent)]
    Tls(#[from] TlsError),
}

/// The settings, with the keys that they refer to.
#[derive(Debug)]
pub(super) struct Checked {
    pub(super) listen: SocketAddr,
    pub(super) keys: Keys,
    pub(super) tls: Option<Tls>,
    pub(super) max_requests: u32,
    pub(super) keep_alive: Duration,
    pub(super) body_limit: u64,
    pub(super) upload_limit: u64,
}

impl HttpSettings {
    pub(crate) fn scheme(&self) -> &'static str {
        if self.tls.is_some() { "https" } else { "http" }
    }

    pub(super) async fn check(self) -> Result<Checked, SettingsError> {
        let keyed = !self.keys.is_empty() || !self.key_references.is_empty();
        if self.keys.iter().any(|key| key.reveal().is_empty()) {
            return Err(SettingsError::EmptyKey);
        }
        let asks_for_certificates = self.tls.as_ref().is_some_and(|tls| tls.client_ca.is_some());
        let guarded = keyed || asks_for_certificates;
        if !self.listen.ip().is_loopback() && !guarded && !self.insecure {
            return Err(SettingsError::Open(self.listen));
        }
        Ok(Checked {
            listen: self.listen,
            tls: self.tls.map(Tls::open).transpose()?,
            keys: Keys::find(&self.keys, self.key_references).await?,
            max_requests: self.max_requests.max(1),
            keep_alive: self.keep_alive,
            body_limit: self.body_limit,
            upload_limit: self.upload_limit,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_open_listener_is_refused_unless_somebody_insists() {
        let check = async |listen: &str, change: fn(&mut HttpSettings), expected: bool| {
            let mut settings = HttpSettings {
                listen: listen.parse().expect("an address"),
                ..HttpSettings::default()
            };
            change(&mut settings);
            assert_eq!(settings.check().await.is_ok(), expected, "{listen}");
        };
        check("127.0.0.1:0", |_| {}, true).await;
        check("[::1]:0", |_| {}, true).await;
        check("0.0.0.0:0", |_| {}, false).await;
        check("[::]:0", |_| {}, false).await;
        check("192.0.2.7:80", |_| {}, false).await;
        check("0.0.0.0:0", |it| it.insecure = true, true).await;
        let keyed = |it: &mut HttpSettings| it.keys.push(Secret::from("key".to_owned()));
        check("0.0.0.0:0", keyed, true).await;
        let empty = |it: &mut HttpSettings| it.keys.push(Secret::from(String::new()));
        check("127.0.0.1:0", empty, false).await;
    }
}

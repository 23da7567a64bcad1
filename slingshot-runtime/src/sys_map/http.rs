//! One question to the sys-map, with what makes it cheap and what proves who asks.

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use reqwest::{
    Certificate, Client, Response, StatusCode, Url,
    header::{ETAG, HeaderValue, IF_NONE_MATCH},
};

use slingshot_topology::SecretReference;
use tokio::sync::OnceCell;

use super::{
    Access,
    address::{base, shown},
    error::{Malformed, SysMapError},
};
use crate::{
    AnyError,
    error::last_cause,
    secret::{Secret, SecretSource},
};

/// How long one answer may take.
pub(super) const TIMEOUT: Duration = Duration::from_secs(5);

/// The longest answer that is read: a map is text that people write.
pub(super) const LONGEST_ANSWER: usize = 1024 * 1024;

/// A client of one host.
#[derive(Debug)]
pub(super) struct Http {
    pub(super) base: Url,
    client: Client,
    token: Option<Token>,
    /// The answers to what was asked before. There are as many as a service has things to ask.
    known: Mutex<BTreeMap<Url, Known>>,
}

/// A token, which is looked for when it is needed first.
#[derive(Debug)]
struct Token {
    reference: SecretReference,
    found: OnceCell<SecretSource>,
}

impl Token {
    async fn source(&self) -> Result<&SecretSource, SysMapError> {
        let find = || SecretSource::resolve(&self.reference);
        self.found
            .get_or_try_init(find)
            .await
            .map_err(SysMapError::Token)
    }
}

/// An answer that need not be sent again while it holds.
#[derive(Clone, Debug)]
struct Known {
    e_tag: HeaderValue,
    text: Arc<str>,
}

impl Http {
    pub(super) fn new(host: &str, access: &Access) -> Result<Self, SysMapError> {
        let base = base(host).ok_or(SysMapError::NotAHost)?;
        if access.token.is_some() && base.scheme() == "http" && !is_loopback(&base) {
            let url = shown(&base);
            tracing::warn!(
                url,
                "the sys-map's token crosses the network unencrypted: serve it by https"
            );
        }
        Ok(Self {
            client: client(&base, access.certificate.as_deref())?,
            base,
            token: access.token.clone().map(|reference| Token {
                reference,
                found: OnceCell::new(),
            }),
            known: Mutex::default(),
        })
    }

    /// Asks once.
    pub(super) async fn get(&self, url: &Url) -> Result<Arc<str>, SysMapError> {
        let known = self.known().get(url).cloned();
        let answer = self.answer(url, known.as_ref()).await?;
        let answered = answer.status();
        if answered == StatusCode::NOT_MODIFIED
            && let Some(known) = known
        {
            return Ok(known.text);
        }
        if !answered.is_success() {
            return Err(SysMapError::Status {
                url: shown(url),
                status: answered.as_u16(),
            });
        }
        let e_tag = answer.headers().get(ETAG).cloned();
        let text = text(url, answer).await?;
        match e_tag {
            Some(e_tag) => {
                let text = Arc::clone(&text);
                self.known().insert(url.clone(), Known { e_tag, text });
            }
            None => drop(self.known().remove(url)),
        }
        Ok(text)
    }

    /// A token that is refused may have been changed since it was read.
    async fn answer(&self, url: &Url, known: Option<&Known>) -> Result<Response, SysMapError> {
        let Some(token) = &self.token else {
            return self.send(url, known, None).await;
        };
        let token = token.source().await?;
        let secret = token.current();
        let answer = self.send(url, known, Some(&secret)).await?;
        if answer.status() == StatusCode::UNAUTHORIZED
            && let Some(secret) = token.resolve_again(&secret).await
        {
            return self.send(url, known, Some(&secret)).await;
        }
        Ok(answer)
    }

    async fn send(
        &self,
        url: &Url,
        known: Option<&Known>,
        token: Option<&Secret>,
    ) -> Result<Response, SysMapError> {
        let mut request = self.client.get(url.clone());
        if let Some(token) = token {
            request = request.header(reqwest::header::AUTHORIZATION, bearer(token)?);
        }
        if let Some(known) = known {
            request = request.header(IF_NONE_MATCH, &known.e_tag);
        }
        request
            .send()
            .await
            .map_err(|error| unreachable(url, error))
    }

    fn known(&self) -> MutexGuard<'_, BTreeMap<Url, Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The sys-map is one of the system's own servers: no proxy stands before it.
fn client(base: &Url, certificate: Option<&Path>) -> Result<Client, SysMapError> {
    let mut client = Client::builder()
        .timeout(TIMEOUT)
        .no_proxy()
        .user_agent(concat!("slingshot/", env!("CARGO_PKG_VERSION")));
    if let Some(path) = certificate {
        client = client.tls_certs_merge(certificates(path)?);
    } else if base.scheme() == "http" {
        // A machine without any root certificate can still ask by `http://`.
        client = client.tls_certs_only([]);
    }
    client
        .build()
        .map_err(|error| SysMapError::Client(root_cause(&error)))
}

fn certificates(path: &Path) -> Result<Vec<Certificate>, SysMapError> {
    let refused = |source: AnyError| SysMapError::Certificate {
        path: path.to_owned(),
        source,
    };
    let pem = std::fs::read(path).map_err(|error| refused(error.into()))?;
    let certificates =
        Certificate::from_pem_bundle(&pem).map_err(|error| refused(root_cause(&error)))?;
    if certificates.is_empty() {
        return Err(refused("there is none in it".into()));
    }
    Ok(certificates)
}

/// The client's log leaves out what is marked as sensitive.
fn bearer(token: &Secret) -> Result<HeaderValue, SysMapError> {
    let token = token.reveal();
    if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(SysMapError::NotAToken);
    }
    let mut value =
        HeaderValue::try_from(format!("Bearer {token}")).map_err(|_| SysMapError::NotAToken)?;
    value.set_sensitive(true);
    Ok(value)
}

fn is_loopback(base: &Url) -> bool {
    match base.host_str() {
        Some("localhost") => true,
        Some(host) => {
            let address = host.trim_matches(['[', ']']).parse::<std::net::IpAddr>();
            address.is_ok_and(|address| address.is_loopback())
        }
        None => false,
    }
}

async fn text(url: &Url, mut answer: Response) -> Result<Arc<str>, SysMapError> {
    let mut body = Vec::new();
    while let Some(chunk) = answer
        .chunk()
        .await
        .map_err(|error| unreachable(url, error))?
    {
        if body.len() + chunk.len() > LONGEST_ANSWER {
            return Err(SysMapError::TooLong { url: shown(url) });
        }
        body.extend_from_slice(&chunk);
    }
    String::from_utf8(body)
        .map(Arc::from)
        .map_err(|_| SysMapError::Answer {
            url: shown(url),
            source: Malformed::NotText,
        })
}

fn unreachable(url: &Url, error: reqwest::Error) -> SysMapError {
    SysMapError::Unreachable {
        url: shown(url),
        source: root_cause(&error.without_url()),
    }
}

fn root_cause(error: &reqwest::Error) -> AnyError {
    last_cause(error).to_string().into()
}

//! Who asks, and with which headers.

use std::{fmt, net::IpAddr, ops::Deref, sync::Arc};

use hyper::HeaderMap;

/// Who sent the data: what an envelope's `src` says, or the name of the calling handler or service. Empty when
/// nobody said.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Source(Option<Arc<str>>);

impl Source {
    /// As a text.
    pub fn as_str(&self) -> &str {
        self.0.as_deref().unwrap_or_default()
    }
}

impl From<&str> for Source {
    fn from(name: &str) -> Self {
        Self((!name.is_empty()).then(|| name.into()))
    }
}

impl Deref for Source {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The head of the HTTP request that a call came by; empty for calls over the bus.
#[derive(Clone, Debug, Default)]
pub struct RequestHead {
    pub(crate) headers: HeaderMap,
    pub(crate) query: Option<String>,
    pub(crate) peer: Option<IpAddr>,
    /// The names in the client's certificate.
    pub(crate) client_names: Arc<[String]>,
}

impl RequestHead {
    /// The first header of this name, in any case, if it is there and a text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// All headers that are texts, names in lower case.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        let headers = self.headers.iter();
        headers.filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)))
    }

    /// What follows the `?` of the address, as it was sent.
    pub fn query(&self) -> Option<&str> {
        self.query.as_deref()
    }

    /// The client's address; none over the bus.
    pub fn peer(&self) -> Option<IpAddr> {
        self.peer
    }

    /// The names (CN and DNS SAN) in the client's certificate; none where no certificate was asked for.
    pub fn client_names(&self) -> &[String] {
        &self.client_names
    }
}

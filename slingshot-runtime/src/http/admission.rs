//! Who may ask, and for what.

use hyper::{
    HeaderMap, Method, StatusCode,
    header::{ALLOW, HeaderValue, ORIGIN, WWW_AUTHENTICATE},
    http::request::Parts,
};

use super::{answer::Refused, client::Client, request::Target, server::Server};
use crate::handler::{CallError, HandlerKind};

/// The most bytes of a request's headers.
pub(super) const MOST_HEADERS: usize = 64 * 1024;

impl Server {
    /// Who asks may do so, for this, and now. Strangers are told nothing of what is there.
    pub(super) async fn admit(
        &self,
        parts: &Parts,
        client: &Client,
        target: &Target<'_>,
    ) -> Result<(), Refused> {
        let headers = parts.headers.iter();
        let bytes: usize = headers
            .map(|(name, value)| name.as_str().len() + value.len())
            .sum();
        if bytes > MOST_HEADERS {
            let status = StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE;
            let message = format!("the headers have {bytes} bytes, and may have {MOST_HEADERS}");
            return Err(Refused::new(status, message).closing());
        }
        if client.stranger {
            let message = "the client certificate's name is not allowed here";
            return Err(Refused::new(StatusCode::FORBIDDEN, message).closing());
        }
        if !self.settings.keys.admit(&parts.headers).await {
            let message = "an API key is needed: send `Authorization: Bearer KEY`";
            return Err(Refused::new(StatusCode::UNAUTHORIZED, message)
                .with(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))
                .closing());
        }
        if self.is_draining() {
            return Err(Refused::from(&CallError::Draining).closing());
        }
        let (method, allowed): (bool, &str) = match target {
            Target::Handler(_) | Target::Shutdown | Target::File(HandlerKind::Upload, _) => {
                (parts.method == Method::POST, "POST")
            }
            Target::File(..) => (
                parts.method == Method::GET || parts.method == Method::HEAD,
                "GET, HEAD",
            ),
            Target::Unknown(_) => (true, ""),
        };
        if !method {
            let message = format!(
                "{} is not for this address: it takes {allowed}",
                parts.method
            );
            let allowed = HeaderValue::from_str(allowed).unwrap_or(HeaderValue::from_static(""));
            return Err(Refused::new(StatusCode::METHOD_NOT_ALLOWED, message)
                .with(ALLOW, allowed)
                .closing());
        }
        if matches!(target, Target::Shutdown) {
            self.may_shut_down(&parts.headers)?;
        }
        Ok(())
    }

    /// Without keys, only this machine's users can ask, and no page in their browsers.
    fn may_shut_down(&self, headers: &HeaderMap) -> Result<(), Refused> {
        if self.settings.keys.are_asked_for() {
            return Ok(());
        }
        if !self.settings.listen.ip().is_loopback() {
            let message = "shutdown is off: the listener is open, and no API key is set";
            return Err(Refused::new(StatusCode::FORBIDDEN, message));
        }
        if headers.contains_key(ORIGIN) {
            let message = "a page in a browser may not shut the process down: set an API key";
            return Err(Refused::new(StatusCode::FORBIDDEN, message));
        }
        Ok(())
    }
}

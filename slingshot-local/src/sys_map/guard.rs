//! Who may ask, and how: the bearer token and the listener's encryption.

use std::{net::SocketAddr, sync::Arc};

use axum::{
    extract::{Request, State},
    http::{HeaderMap, StatusCode, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use subtle::ConstantTimeEq as _;

use super::{SysMapError, tls::TlsFiles};
use crate::Secret;

/// What stands before the map. A map holds no secrets, but it says where they are, and who could change an
/// answer on its way could name the broker that gets the password.
#[derive(Clone, Debug, Default)]
pub struct Guard {
    /// Only who has it is answered.
    pub token: Option<Secret>,
    /// TLS, and no plain HTTP.
    pub tls: Option<TlsFiles>,
    /// Whether others than this machine may be listened to with neither.
    pub insecure: bool,
}

impl Guard {
    /// Whether this address may be listened on.
    pub(super) fn admits(&self, address: SocketAddr) -> Result<(), SysMapError> {
        let guarded = self.token.is_some() || self.tls.is_some();
        if address.ip().is_loopback() || guarded || self.insecure {
            return Ok(());
        }
        Err(SysMapError::Exposed { address })
    }
}

/// Passes on what comes with the token.
pub(super) async fn check(
    State(token): State<Arc<Secret>>,
    request: Request,
    next: Next,
) -> Response {
    let challenge = match presented(request.headers()) {
        Some(presented) if is_same(presented, &token) => return next.run(request).await,
        Some(_) => r#"Bearer realm="sys-map", error="invalid_token""#,
        None => r#"Bearer realm="sys-map""#,
    };
    let challenge = [(header::WWW_AUTHENTICATE, challenge)];
    let help = "this sys-map wants a token: Authorization: Bearer TOKEN\n";
    (StatusCode::UNAUTHORIZED, challenge, help).into_response()
}

fn presented(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then_some(token.trim_ascii())
}

/// However many of the bytes are right, the answer takes the same time.
fn is_same(presented: &str, token: &Secret) -> bool {
    presented.as_bytes().ct_eq(token.expose().as_bytes()).into()
}

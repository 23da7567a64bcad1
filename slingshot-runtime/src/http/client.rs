//! Who asks.

use std::{net::SocketAddr, sync::Arc};

use tokio_util::sync::CancellationToken;

use super::tls::Certified;

/// The other end of a connection.
#[derive(Debug)]
pub(super) struct Client {
    pub(super) address: SocketAddr,
    /// The names in its certificate.
    pub(super) names: Arc<[String]>,
    /// A certificate that nobody listed.
    pub(super) stranger: bool,
    /// Ends the connection.
    pub(super) hang_up: CancellationToken,
}

impl Client {
    pub(super) fn plain(address: SocketAddr) -> Self {
        Self {
            address,
            names: Arc::default(),
            stranger: false,
            hang_up: CancellationToken::new(),
        }
    }

    pub(super) fn certified(address: SocketAddr, certified: Certified) -> Self {
        Self {
            address,
            names: certified.names,
            stranger: !certified.allowed,
            hang_up: CancellationToken::new(),
        }
    }
}

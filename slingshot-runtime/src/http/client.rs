//! Who asks.

use std::{net::SocketAddr, sync::Arc};

use super::{activity::Activity, tls::Certified};

/// The other end of a connection.
#[derive(Debug)]
pub(super) struct Client {
    pub(super) address: SocketAddr,
    /// The names in its certificate.
    pub(super) names: Arc<[String]>,
    /// A certificate that nobody listed.
    pub(super) stranger: bool,
    pub(super) activity: Arc<Activity>,
}

impl Client {
    pub(super) fn plain(address: SocketAddr, activity: Arc<Activity>) -> Self {
        Self {
            address,
            names: Arc::default(),
            stranger: false,
            activity,
        }
    }

    pub(super) fn certified(
        address: SocketAddr,
        activity: Arc<Activity>,
        certified: Certified,
    ) -> Self {
        Self {
            address,
            names: certified.names,
            stranger: !certified.allowed,
            activity,
        }
    }
}

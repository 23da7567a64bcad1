//! TLS: rustls with ring, for every client of the process.

use rustls::crypto::{CryptoProvider, ring};

/// Makes ring the process's provider, unless the program has chosen one already.
pub(crate) fn install() {
    if CryptoProvider::get_default().is_none()
        && ring::default_provider().install_default().is_err()
    {
        tracing::debug!("another thread installed a TLS provider first");
    }
}

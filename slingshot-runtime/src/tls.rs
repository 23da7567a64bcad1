//! TLS: rustls with ring, for every client of the process.

use rustls::crypto::{CryptoProvider, GetRandomFailed, ring};

/// Makes ring the process's provider, unless the program has chosen one already.
pub(crate) fn install() {
    if CryptoProvider::get_default().is_none()
        && ring::default_provider().install_default().is_err()
    {
        tracing::debug!("another thread installed a TLS provider first");
    }
}

/// Bytes that nobody can guess.
pub(crate) fn random<const COUNT: usize>() -> Result<[u8; COUNT], GetRandomFailed> {
    let mut bytes = [0; COUNT];
    ring::default_provider().secure_random.fill(&mut bytes)?;
    Ok(bytes)
}

/// A client that trusts whom the platform trusts, and checks the server's name.
#[cfg(feature = "async-postgres")]
pub(crate) fn client() -> Result<rustls::ClientConfig, rustls::Error> {
    use rustls_platform_verifier::ConfigVerifierExt as _;

    rustls::ClientConfig::with_platform_verifier()
}

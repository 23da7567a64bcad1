//! The certificate and its key, read again when they change: they are renewed every few weeks, and no
//! service is to miss its sys-map for that.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use rustls::{
    ServerConfig,
    crypto::ring,
    pki_types::{
        CertificateDer, PrivateKeyDer,
        pem::{self, PemObject as _},
    },
};
use thiserror::Error;
use tokio::{sync::watch, time::sleep};

use super::file::{Stamp, stamp};

/// How often we look at the files.
const LOOK: Duration = Duration::from_secs(1);

/// PEM files: the certificate with those that it was signed by, and its key as PKCS#8, SEC1 or PKCS#1.
#[derive(Clone, Debug)]
pub struct TlsFiles {
    /// The certificates, the server's own first.
    pub certificate: PathBuf,
    /// The private key, without a passphrase.
    pub key: PathBuf,
}

/// Files that no TLS server can be made of.
#[derive(Debug, Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("{} cannot be read: {source}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// There is no certificate where it should be.
    #[error("{} holds no certificate in PEM: -----BEGIN CERTIFICATE-----", .0.display())]
    NoCertificate(PathBuf),
    /// There is no key where it should be.
    #[error(
        "{} holds no private key in PEM: PKCS#8, SEC1 or PKCS#1, without a passphrase", .0.display()
    )]
    NoKey(PathBuf),
    /// The two do not make a server.
    #[error("{} and {} do not serve: {reason}", .certificate.display(), .key.display())]
    Refused {
        /// The file with the certificates.
        certificate: PathBuf,
        /// The file with the key.
        key: PathBuf,
        /// What is wrong.
        reason: String,
    },
}

/// The files and what of them has been seen.
#[derive(Debug)]
pub(super) struct Watched {
    files: TlsFiles,
    stamps: [Stamp; 2],
}

impl Watched {
    /// Reads the files for the first time, when nothing but good ones will do.
    pub(super) fn open(files: TlsFiles) -> Result<(Arc<ServerConfig>, Self), TlsError> {
        let stamps = files.stamps();
        let config = files.read()?;
        Ok((config, Self { files, stamps }))
    }

    /// Publishes every good change until nobody listens. One file may change before the other: until they
    /// fit again, the last good ones serve.
    pub(super) async fn follow(mut self, publish: watch::Sender<Arc<ServerConfig>>) {
        while !publish.is_closed() {
            sleep(LOOK).await;
            let stamps = self.files.stamps();
            if stamps == self.stamps {
                continue;
            }
            self.stamps = stamps;
            let file = self.files.certificate.display();
            match self.files.read() {
                Ok(config) => {
                    tracing::info!(%file, "the certificate changed and is read again");
                    publish.send_replace(config);
                }
                Err(error) => tracing::warn!(%error, "the last good certificate stays"),
            }
        }
    }
}

impl TlsFiles {
    fn stamps(&self) -> [Stamp; 2] {
        [&self.certificate, &self.key].map(|path| stamp(path))
    }

    fn read(&self) -> Result<Arc<ServerConfig>, TlsError> {
        let chain = CertificateDer::pem_file_iter(&self.certificate)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(|error| at(&self.certificate, error, TlsError::NoCertificate))?;
        if chain.is_empty() {
            return Err(TlsError::NoCertificate(self.certificate.clone()));
        }
        let key = PrivateKeyDer::from_pem_file(&self.key)
            .map_err(|error| at(&self.key, error, TlsError::NoKey))?;
        let refused = |error: rustls::Error| TlsError::Refused {
            certificate: self.certificate.clone(),
            key: self.key.clone(),
            reason: error.to_string(),
        };
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(refused)?
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .map_err(refused)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }
}

fn at(path: &Path, error: pem::Error, missing: fn(PathBuf) -> TlsError) -> TlsError {
    match error {
        pem::Error::Io(source) => TlsError::Unreadable {
            path: path.to_owned(),
            source,
        },
        _ => missing(path.to_owned()),
    }
}

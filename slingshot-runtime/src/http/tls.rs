//! The server's certificate, which may change while it runs, and those that clients show.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime},
};

use rustls::{
    RootCertStore, ServerConfig,
    crypto::ring,
    pki_types::{
        CertificateDer, PrivateKeyDer,
        pem::{self, PemObject as _},
    },
    server::{WebPkiClientVerifier, danger::ClientCertVerifier},
};
use thiserror::Error;
use tokio::{
    net::TcpStream,
    sync::watch,
    time::{sleep, timeout},
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};
use x509_parser::{certificate::X509Certificate, extensions::GeneralName, prelude::FromDer as _};

use super::settings::TlsSettings;

/// How often we look at the files.
const LOOK: Duration = Duration::from_secs(1);

/// How long a client may take to agree on how to speak.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// Files that make no TLS server.
#[derive(Debug, Error)]
pub(crate) enum TlsError {
    #[error("{path} cannot be read: {source}")]
    Unreadable {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("{0} holds no certificate in PEM form: it begins with `-----BEGIN CERTIFICATE-----`")]
    NoCertificate(PathBuf),
    #[error(
        "{0} holds no private key in PEM form: it begins with `-----BEGIN PRIVATE KEY-----`, or the same with RSA or \
         EC, and is not encrypted"
    )]
    NoKey(PathBuf),
    #[error("{certificate} with the key in {private_key} cannot be served: {reason}")]
    Refused {
        certificate: PathBuf,
        private_key: PathBuf,
        reason: String,
    },
    #[error("{path} holds no authority that clients' certificates could be checked by: {reason}")]
    Authority { path: PathBuf, reason: String },
}

/// What makes TLS connections of TCP connections.
#[derive(Debug)]
pub(super) struct Tls {
    config: watch::Sender<Arc<ServerConfig>>,
    settings: TlsSettings,
}

/// Who has connected over TLS.
#[derive(Clone, Debug)]
pub(super) struct Certified {
    /// The names in the certificate.
    pub(super) names: Arc<[String]>,
    /// Whether one of them is among those that are let in.
    pub(super) allowed: bool,
}

impl Tls {
    pub(super) fn open(settings: TlsSettings) -> Result<Self, TlsError> {
        let (config, _) = watch::channel(settings.read()?);
        Ok(Self { config, settings })
    }

    /// None when the client does not speak TLS, is too slow, or shows no certificate that is signed as it must be.
    pub(super) async fn accept(&self, connection: TcpStream) -> Option<TlsStream<TcpStream>> {
        let acceptor = TlsAcceptor::from(Arc::clone(&self.config.borrow()));
        match timeout(HANDSHAKE, acceptor.accept(connection)).await {
            Ok(Ok(stream)) => Some(stream),
            Ok(Err(error)) => {
                tracing::debug!(%error, "a client could not agree on TLS");
                None
            }
            Err(_) => {
                tracing::debug!("a client took too long to agree on TLS");
                None
            }
        }
    }

    pub(super) fn certified(&self, stream: &TlsStream<TcpStream>) -> Certified {
        let (_, session) = stream.get_ref();
        let shown = session.peer_certificates().and_then(<[_]>::first);
        let names = shown.map(names_in).unwrap_or_default();
        let listed = &self.settings.client_names;
        let allowed = listed.is_empty() || names.iter().any(|name| listed.contains(name));
        Certified {
            names: names.into(),
            allowed,
        }
    }

    /// Takes every good change of the files, for ever. One file may change before the other: until they fit again,
    /// the last good ones serve.
    pub(super) async fn follow(&self) {
        let mut seen = self.settings.stamps();
        loop {
            sleep(LOOK).await;
            let stamps = self.settings.stamps();
            if stamps == seen {
                continue;
            }
            seen = stamps;
            let certificate = self.settings.certificate.display();
            match self.settings.read() {
                Ok(config) => {
                    tracing::info!(%certificate, "the certificates changed and are read again");
                    self.config.send_replace(config);
                }
                Err(error) => tracing::warn!(%error, "the last good certificates stay"),
            }
        }
    }
}

impl TlsSettings {
    fn stamps(&self) -> [Option<(SystemTime, u64)>; 3] {
        let stamp = |path: &Path| {
            let metadata = fs::metadata(path).ok()?;
            Some((metadata.modified().ok()?, metadata.len()))
        };
        let files = [
            Some(&self.certificate),
            Some(&self.private_key),
            self.client_ca.as_ref(),
        ];
        files.map(|path| path.and_then(|path| stamp(path)))
    }

    fn read(&self) -> Result<Arc<ServerConfig>, TlsError> {
        let chain = certificates(&self.certificate)?;
        let key = PrivateKeyDer::from_pem_file(&self.private_key)
            .map_err(|error| at(&self.private_key, error, TlsError::NoKey))?;
        let refused = |error: rustls::Error| TlsError::Refused {
            certificate: self.certificate.clone(),
            private_key: self.private_key.clone(),
            reason: error.to_string(),
        };
        let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(refused)?;
        let builder = match &self.client_ca {
            None => builder.with_no_client_auth(),
            Some(path) => builder.with_client_cert_verifier(verifier(path)?),
        };
        let mut config = builder.with_single_cert(chain, key).map_err(refused)?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }
}

fn verifier(path: &Path) -> Result<Arc<dyn ClientCertVerifier>, TlsError> {
    let refused = |reason: String| TlsError::Authority {
        path: path.to_owned(),
        reason,
    };
    let mut roots = RootCertStore::empty();
    for certificate in certificates(path)? {
        roots
            .add(certificate)
            .map_err(|error| refused(error.to_string()))?;
    }
    let provider = Arc::new(ring::default_provider());
    WebPkiClientVerifier::builder_with_provider(roots.into(), provider)
        .build()
        .map_err(|error| refused(error.to_string()))
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let chain = CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| at(path, error, TlsError::NoCertificate))?;
    if chain.is_empty() {
        return Err(TlsError::NoCertificate(path.to_owned()));
    }
    Ok(chain)
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

/// The common name and the DNS names of a certificate.
fn names_in(certificate: &CertificateDer<'_>) -> Vec<String> {
    let Ok((_, certificate)) = X509Certificate::from_der(certificate) else {
        return Vec::new();
    };
    let common = certificate.subject().iter_common_name();
    let common = common.filter_map(|name| name.as_str().ok());
    let mut names: Vec<_> = common.map(str::to_owned).collect();
    if let Ok(Some(alternative)) = certificate.subject_alternative_name() {
        for name in &alternative.value.general_names {
            if let GeneralName::DNSName(name) = name {
                names.push((*name).to_owned());
            }
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use rcgen::{CertificateParams, DnType, KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ED25519};
    use rustls::ClientConfig;
    use tokio_rustls::TlsConnector;

    use super::*;

    fn written(text: &str) -> tempfile::NamedTempFile {
        let mut file = tempfile::NamedTempFile::new().expect("a file");
        file.write_all(text.as_bytes()).expect("written");
        file
    }

    fn read(certificate: &str, key: &str) -> Result<Arc<ServerConfig>, String> {
        let (certificate, key) = (written(certificate), written(key));
        let settings = TlsSettings {
            certificate: certificate.path().to_owned(),
            private_key: key.path().to_owned(),
            client_ca: None,
            client_names: Vec::new(),
        };
        settings.read().map_err(|error| error.to_string())
    }

    fn pair(kind: &'static rcgen::SignatureAlgorithm) -> (rcgen::Certificate, KeyPair) {
        let key = KeyPair::generate_for(kind).expect("a key");
        (signed(&key), key)
    }

    fn signed(key: &KeyPair) -> rcgen::Certificate {
        let mut parameters = CertificateParams::new(["billing.svc".to_owned()]).expect("a name");
        parameters
            .distinguished_name
            .push(DnType::CommonName, "billing");
        parameters.self_signed(key).expect("signed")
    }

    /// A client that trusts this certificate finds a server with this key.
    async fn is_served(certificate: &rcgen::Certificate, key: &str) {
        crate::tls::install();
        let mut roots = RootCertStore::empty();
        roots.add(certificate.der().clone()).expect("a root");
        let client = ClientConfig::builder().with_root_certificates(roots);
        let client = TlsConnector::from(Arc::new(client.with_no_client_auth()));
        let server = TlsAcceptor::from(read(&certificate.pem(), key).expect("served"));
        let (near, far) = tokio::io::duplex(64 * 1024);
        let name = "billing.svc".try_into().expect("a name");
        let (connected, accepted) = tokio::join!(client.connect(name, near), server.accept(far));
        connected.expect("the client is content");
        accepted.expect("the server is content");
    }

    #[tokio::test]
    async fn keys_of_all_kinds_are_served() {
        for kind in [&PKCS_ECDSA_P256_SHA256, &PKCS_ED25519] {
            let (certificate, key) = pair(kind);
            is_served(&certificate, &key.serialize_pem()).await;
        }
    }

    /// rcgen makes no keys of these kinds, and signs with them: each is here in the encoding that it reads too.
    #[tokio::test]
    async fn keys_in_older_encodings_are_served() {
        let check = async |pkcs8: &str, older: &str, label: &str| {
            assert!(older.contains(label), "{older}");
            let certificate = signed(&KeyPair::from_pem(pkcs8).expect("a key"));
            is_served(&certificate, pkcs8).await;
            is_served(&certificate, older).await;
        };
        check(
            include_str!("tls/keys/rsa-pkcs8.pem"),
            include_str!("tls/keys/rsa-pkcs1.pem"),
            "BEGIN RSA PRIVATE KEY",
        )
        .await;
        check(
            include_str!("tls/keys/ec-pkcs8.pem"),
            include_str!("tls/keys/ec-sec1.pem"),
            "BEGIN EC PRIVATE KEY",
        )
        .await;
    }

    #[test]
    fn files_that_make_no_server_say_why() {
        let (certificate, key) = pair(&PKCS_ECDSA_P256_SHA256);
        let (_, other) = pair(&PKCS_ECDSA_P256_SHA256);
        let check = |certificate: &str, key: &str, expected: &str| {
            let error = read(certificate, key).expect_err("refused");
            assert!(error.contains(expected), "{error}");
        };
        check("", &key.serialize_pem(), "holds no certificate in PEM form");
        check(&certificate.pem(), "", "holds no private key in PEM form");
        check(
            &certificate.pem(),
            &other.serialize_pem(),
            "cannot be served",
        );
    }

    #[test]
    fn a_client_is_known_by_its_common_name_and_its_dns_names() {
        let (certificate, _) = pair(&PKCS_ED25519);
        assert_eq!(names_in(certificate.der()), ["billing", "billing.svc"]);
    }
}

//! A certificate authority of a test's own.

use std::{fs, path::Path};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tokio::process::Command;

use crate::environment;

/// Makes a key and writes it as PKCS#8, and after that in the form that is older.
const KEY: &str = "
import sys
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
made = {'ec': lambda: ec.generate_private_key(ec.SECP256R1()), 'rsa': lambda: rsa.generate_private_key(65537, 2048)}
key = made[sys.argv[1]]()
for form in (PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL):
    print(key.private_bytes(Encoding.PEM, form, NoEncryption()).decode(), end='|')
";

/// How a private key is written in PEM.
#[derive(Clone, Copy, Debug)]
pub(super) enum KeyForm {
    /// `PRIVATE KEY`.
    Pkcs8,
    /// `EC PRIVATE KEY`.
    Sec1,
    /// `RSA PRIVATE KEY`.
    Pkcs1,
}

pub(super) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    /// Its own certificate, in PEM.
    pub(super) root: String,
}

impl Authority {
    pub(super) fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let root = params.self_signed(&key).unwrap().pem();
        Self {
            issuer: Issuer::new(params, key),
            root,
        }
    }

    /// Writes `certificate.pem` and `key.pem` for this machine's loopback.
    pub(super) async fn issue(&self, directory: &Path, form: KeyForm) {
        let (key, text) = match form {
            KeyForm::Pkcs8 => {
                let key = KeyPair::generate().unwrap();
                let text = key.serialize_pem();
                (key, text)
            }
            KeyForm::Sec1 => older("ec").await,
            KeyForm::Pkcs1 => older("rsa").await,
        };
        let names = ["localhost", "127.0.0.1"].map(str::to_owned);
        let params = CertificateParams::new(names).unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        fs::write(directory.join("certificate.pem"), certificate.pem()).unwrap();
        fs::write(directory.join("key.pem"), text).unwrap();
    }
}

async fn older(kind: &str) -> (KeyPair, String) {
    let python = Command::new(environment::python())
        .args(["-c", KEY, kind])
        .output();
    let made = String::from_utf8(python.await.unwrap().stdout).unwrap();
    let mut forms = made.split('|');
    let key = KeyPair::from_pem(forms.next().unwrap()).unwrap();
    (key, forms.next().unwrap().to_owned())
}

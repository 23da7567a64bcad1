//! TLS, and clients that show certificates.

use std::{fs, path::Path};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use reqwest::{Certificate, Client, Identity};
use tempfile::TempDir;

use super::host::{Host, client, said};

/// An authority, and what it signs.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

impl Authority {
    fn new(name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut parameters = CertificateParams::new([]).unwrap();
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        parameters.distinguished_name.push(DnType::CommonName, name);
        let pem = parameters.self_signed(&key).unwrap().pem();
        let issuer = Issuer::new(parameters, key);
        Self { issuer, pem }
    }

    /// A certificate and its key.
    fn signs(&self, common: &str, names: &[&str], expired: bool) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut parameters = CertificateParams::new(names).unwrap();
        parameters
            .distinguished_name
            .push(DnType::CommonName, common);
        if expired {
            parameters.not_before = date_time_ymd(2001, 1, 1);
            parameters.not_after = date_time_ymd(2002, 1, 1);
        }
        let certificate = parameters.signed_by(&key, &self.issuer).unwrap();
        (certificate.pem(), key.serialize_pem())
    }

    fn client(&self, identity: Option<(String, String)>) -> Client {
        let root = Certificate::from_pem(self.pem.as_bytes()).unwrap();
        let mut builder = client().tls_certs_only([root]);
        if let Some((certificate, key)) = identity {
            let pem = format!("{certificate}{key}");
            builder = builder.identity(Identity::from_pem(pem.as_bytes()).unwrap());
        }
        builder.build().unwrap()
    }
}

fn write(place: &Path, (certificate, key): (String, String)) {
    fs::write(place.join("key.pem"), key).unwrap();
    fs::write(place.join("certificate.pem"), certificate).unwrap();
}

async fn served(place: &TempDir, names: Option<&str>) -> Host {
    let path = |name: &str| place.path().join(name).display().to_string();
    let (certificate, key, ca) = (path("certificate.pem"), path("key.pem"), path("ca.pem"));
    let mut variables = vec![
        ("SLINGSHOT_HTTP_CERTIFICATE", certificate.as_str()),
        ("SLINGSHOT_HTTP_PRIVATE_KEY", key.as_str()),
    ];
    if let Some(names) = names {
        variables.push(("SLINGSHOT_HTTP_CLIENT_CA", ca.as_str()));
        variables.push(("SLINGSHOT_HTTP_CLIENT_NAMES", names));
    }
    Host::with(&variables).await
}

fn url(host: &Host, path: &str) -> String {
    format!("https://localhost:{}/{path}", host.address.port())
}

#[tokio::test]
async fn clients_are_let_in_by_the_names_in_their_certificates() {
    let (place, authority) = (TempDir::new().unwrap(), Authority::new("ours"));
    write(
        place.path(),
        authority.signs("server", &["localhost"], false),
    );
    fs::write(place.path().join("ca.pem"), &authority.pem).unwrap();
    let host = served(&place, Some("billing,orders.svc")).await;
    let asked = async |identity: Option<(String, String)>| {
        let client = authority.client(identity);
        let request = client.post(url(&host, "heard")).send().await;
        request.map(|answer| answer.status().as_u16()).ok()
    };
    assert_eq!(
        asked(Some(authority.signs("billing", &[], false))).await,
        Some(200)
    );
    let by_dns = authority.signs("anybody", &["orders.svc"], false);
    let client = authority.client(Some(by_dns));
    let heard = said(client.post(url(&host, "heard"))).await;
    assert_eq!(heard, (200, "nothing nothing anybody+orders.svc".into()));
    let other = authority.signs("shipping", &["shipping.svc"], false);
    assert_eq!(asked(Some(other)).await, Some(403));
    assert_eq!(asked(None).await, None);
    assert_eq!(
        asked(Some(authority.signs("billing", &[], true))).await,
        None
    );
    let foreign = Authority::new("theirs").signs("billing", &[], false);
    assert_eq!(asked(Some(foreign)).await, None);
    let plain = host.raw(b"POST /echo HTTP/1.1\r\nhost: a\r\n\r\n").await;
    assert!(!plain.contains("200 OK"), "{plain}");
}

#[tokio::test]
async fn a_certificate_that_changes_is_served_without_a_restart() {
    let (place, first) = (TempDir::new().unwrap(), Authority::new("first"));
    write(place.path(), first.signs("server", &["localhost"], false));
    let mut host = served(&place, None).await;
    let old = first.client(None);
    assert_eq!(said(old.post(url(&host, "echo")).body("x")).await.0, 200);
    fs::write(place.path().join("certificate.pem"), "half of one").unwrap();
    host.says("the last good certificates stay").await;
    let kept = first.client(None);
    assert_eq!(said(kept.post(url(&host, "echo")).body("x")).await.0, 200);
    let second = Authority::new("second");
    write(place.path(), second.signs("server", &["localhost"], false));
    host.says("the certificates changed").await;
    let new = second.client(None);
    assert_eq!(said(new.post(url(&host, "echo")).body("x")).await.0, 200);
    let answer = new.post(url(&host, "echo")).body("x").send().await.unwrap();
    assert_eq!(answer.version(), reqwest::Version::HTTP_2);
}

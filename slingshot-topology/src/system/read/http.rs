//! The table `[http]`.

use slingshot_settings::duration;

use super::{
    fields::{Fields, Reader},
    place::Place,
};
use crate::{
    SecretReference, Spanned,
    document::{Entry, Value},
    system::{Bus, Http, HttpTls},
};

const HTTP: &[&str] = &[
    "listen",
    "python",
    "api-keys",
    "tls",
    "max-requests",
    "keep-alive",
    "body-limit",
    "upload-limit",
    "bus",
    "files",
];
const TLS: &[&str] = &["certificate", "key", "client-ca", "client-names"];

/// Units of sizes, in bytes.
const UNITS: [(&str, u64); 3] = [("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)];

impl Reader<'_> {
    pub(super) fn http(
        &mut self,
        entry: &Entry<'_>,
        script: &mut Option<Spanned<String>>,
    ) -> Option<Http> {
        let fields = self.entry_fields(entry, Place::Named("[http]"), HTTP)?;
        *script = self.text(&fields, "python");
        // All are read before any `?`, so that one pass reports them all. Broken keys and a broken TLS are
        // not none: the server would be open.
        let tls = fields.get("tls").map(|tls| self.http_tls(tls));
        let api_keys = self.api_keys(&fields);
        let http = Http {
            listen: self.parsed(
                &fields,
                "listen",
                "an address with a port, as in \"127.0.0.1:8080\"",
                |text| text.parse().ok(),
            ),
            max_requests: self.count(
                &fields,
                "max-requests",
                "a whole number from 1 to 4294967295",
            ),
            keep_alive: self.parsed(&fields, "keep-alive", "a duration, as in \"30s\"", |text| {
                duration::parse(text).ok()
            }),
            body_limit: self.size(&fields, "body-limit"),
            upload_limit: self.size(&fields, "upload-limit"),
            bus: self.parsed(&fields, "bus", "\"process\" or \"amqp\"", |text| {
                let mut all = [Bus::Process, Bus::Amqp].into_iter();
                all.find(|bus| bus.as_str() == text)
            }),
            files: self.parsed(&fields, "files", "the name of a bucket", not_empty),
            ..Http::default()
        };
        Some(Http {
            tls: tls.map_or(Some(None), |tls| tls.map(Some))?,
            api_keys: api_keys?,
            ..http
        })
    }

    fn http_tls(&mut self, entry: &Entry<'_>) -> Option<HttpTls> {
        const PATH: &str = "the path of a PEM file";
        let fields = self.entry_fields(entry, Place::Field("tls"), TLS)?;
        let certificate = self.required(&fields, "certificate").is_some();
        let certificate = self
            .parsed(&fields, "certificate", PATH, not_empty)
            .filter(|_| certificate);
        let key = self.required(&fields, "key").is_some();
        let key = self.parsed(&fields, "key", PATH, not_empty).filter(|_| key);
        let client_ca = self.parsed(&fields, "client-ca", PATH, not_empty);
        let names = self.texts(&fields, "client-names").unwrap_or_default();
        if !names.is_empty() {
            // Without an authority no certificate is asked for, and no name would ever be looked at.
            self.required(&fields, "client-ca")?;
        }
        Some(HttpTls {
            certificate: certificate?,
            key: key?,
            client_ca,
            client_names: names.into_iter().map(|name| name.value).collect(),
        })
    }

    fn api_keys(&mut self, fields: &Fields<'_, '_>) -> Option<Vec<SecretReference>> {
        let Some(entry) = fields.get("api-keys") else {
            return Some(Vec::new());
        };
        let items = self.list(&entry.node, Place::Field("api-keys"), "a list of strings")?;
        let keys: Vec<_> = items
            .iter()
            .map(|node| {
                let key: Spanned<String> = self.text_of(node, Place::ItemOf("api-keys"))?;
                self.reference("api-keys", key.value.parse(), key.span)
            })
            .collect();
        keys.into_iter().collect()
    }

    /// A text that `parse` makes something of.
    fn parsed<T>(
        &mut self,
        fields: &Fields<'_, '_>,
        name: &'static str,
        expected: &'static str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let node = &fields.get(name)?.node;
        let value = match &node.value {
            Value::Text(text) => parse(text),
            _ => None,
        };
        if value.is_none() {
            self.wrong_type(node, Place::Field(name), expected);
        }
        value
    }

    /// Bytes, as a number or with a unit.
    fn size(&mut self, fields: &Fields<'_, '_>, name: &'static str) -> Option<u64> {
        let node = &fields.get(name)?.node;
        let bytes = match &node.value {
            Value::Integer(bytes) => u64::try_from(**bytes).ok(),
            Value::Text(text) => in_bytes(text),
            _ => None,
        };
        let bytes = bytes.filter(|bytes| *bytes > 0);
        if bytes.is_none() {
            let expected = "a number of bytes, or a size as in \"2MiB\" (`KiB`, `MiB` or `GiB`)";
            self.wrong_type(node, Place::Field(name), expected);
        }
        bytes
    }
}

fn not_empty(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

fn in_bytes(text: &str) -> Option<u64> {
    let (unit, bytes) = UNITS.iter().find(|(unit, _)| text.ends_with(unit))?;
    let number = text.strip_suffix(unit)?.trim_end();
    let is_number = number.bytes().all(|byte| byte.is_ascii_digit());
    number
        .parse::<u64>()
        .ok()
        .filter(|_| is_number)?
        .checked_mul(*bytes)
}

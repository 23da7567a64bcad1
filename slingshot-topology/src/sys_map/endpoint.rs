//! `GET /rabbitmq`, `/db` and `/object-storage`: where the system's engines are.
//!
//! On the wire each field is a list of exactly one value; here it is the value.

use serde_json::{Value, json};

use super::{
    AnswerError,
    fields::{FLAG, Fields, PORT, TEXT},
};
use crate::SecretReference;

/// The broker: `{"host": ["h"], "port": [5672], "username": ["u"], "pass": ["entry"]}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RabbitMq {
    /// Host name or address.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// The user to log in as.
    pub username: String,
    /// Where the password is.
    pub password: SecretReference,
    /// Whether to speak TLS.
    pub tls: bool,
    /// The virtual host, `/` unless the map says otherwise.
    pub vhost: String,
}

/// The database: `/rabbitmq`'s fields and `"database": ["d"]`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::struct_field_names,
    reason = "`database` is the field's name on the wire and in slingshot.toml"
)]
pub struct Database {
    /// Host name or address.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// The role to log in as.
    pub username: String,
    /// The database's name.
    pub database: String,
    /// Where the password is.
    pub password: SecretReference,
    /// Whether to require TLS.
    pub tls: bool,
}

/// The object store: `{"host": ["h"], "pass:access-key": ["entry"], "pass:secret-key": ["entry"]}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectStorage {
    /// Host name, or a URL: without a scheme it means `https://`.
    pub host: String,
    /// The region that requests are signed for.
    pub region: String,
    /// Where the access key is.
    pub access_key: SecretReference,
    /// Where the secret key is.
    pub secret_key: SecretReference,
}

/// RabbitMQ's own default.
pub(crate) const DEFAULT_VHOST: &str = "/";

/// The region of a map that names none.
pub(crate) const DEFAULT_REGION: &str = "us-east-1";

impl RabbitMq {
    /// Reads the body of `GET /rabbitmq`.
    ///
    /// # Errors
    ///
    /// [`AnswerError`] names the field that is missing, of another type or not single.
    pub fn from_json(body: &str) -> Result<Self, AnswerError> {
        let fields = Fields::of_body(body)?;
        Ok(Self {
            host: fields.single("host", TEXT)?,
            port: fields.single("port", PORT)?,
            username: fields.single("username", TEXT)?,
            password: fields.secret("pass", "secret")?,
            tls: fields.optional_single("tls", FLAG)?.unwrap_or(false),
            vhost: fields
                .optional_single("vhost", TEXT)?
                .unwrap_or_else(|| DEFAULT_VHOST.to_owned()),
        })
    }

    /// Writes the body of `GET /rabbitmq`.
    pub fn to_json(&self) -> Value {
        let mut body = json!({
            "host": [self.host], "port": [self.port], "username": [self.username],
        });
        insert_secret(&mut body, "pass", "secret", &self.password);
        if self.tls {
            body["tls"] = json!([true]);
        }
        if self.vhost != DEFAULT_VHOST {
            body["vhost"] = json!([self.vhost]);
        }
        body
    }
}

impl Database {
    /// Reads the body of `GET /db`.
    ///
    /// # Errors
    ///
    /// [`AnswerError`] names the field that is missing, of another type or not single.
    pub fn from_json(body: &str) -> Result<Self, AnswerError> {
        let fields = Fields::of_body(body)?;
        Ok(Self {
            host: fields.single("host", TEXT)?,
            port: fields.single("port", PORT)?,
            username: fields.single("username", TEXT)?,
            database: fields.single("database", TEXT)?,
            password: fields.secret("pass", "secret")?,
            tls: fields.optional_single("tls", FLAG)?.unwrap_or(false),
        })
    }

    /// Writes the body of `GET /db`.
    pub fn to_json(&self) -> Value {
        let mut body = json!({
            "host": [self.host], "port": [self.port], "username": [self.username],
            "database": [self.database],
        });
        insert_secret(&mut body, "pass", "secret", &self.password);
        if self.tls {
            body["tls"] = json!([true]);
        }
        body
    }
}

impl ObjectStorage {
    /// Reads the body of `GET /object-storage`.
    ///
    /// # Errors
    ///
    /// [`AnswerError`] names the field that is missing, of another type or not single.
    pub fn from_json(body: &str) -> Result<Self, AnswerError> {
        let fields = Fields::of_body(body)?;
        Ok(Self {
            host: fields.single("host", TEXT)?,
            region: fields
                .optional_single("region", TEXT)?
                .unwrap_or_else(|| DEFAULT_REGION.to_owned()),
            access_key: fields.secret("pass:access-key", "secret:access-key")?,
            secret_key: fields.secret("pass:secret-key", "secret:secret-key")?,
        })
    }

    /// Writes the body of `GET /object-storage`.
    pub fn to_json(&self) -> Value {
        let mut body = json!({ "host": [self.host], "region": [self.region] });
        insert_secret(
            &mut body,
            "pass:access-key",
            "secret:access-key",
            &self.access_key,
        );
        insert_secret(
            &mut body,
            "pass:secret-key",
            "secret:secret-key",
            &self.secret_key,
        );
        body
    }
}

/// A `pass` entry goes where old services look for it; other references go beside it.
fn insert_secret(body: &mut Value, pass: &str, other: &str, secret: &SecretReference) {
    match secret {
        SecretReference::Pass(entry) => body[pass] = json!([entry]),
        reference => body[other] = json!([reference.to_string()]),
    }
}

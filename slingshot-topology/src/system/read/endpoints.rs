//! The engines: broker, database, object store. Plain values in TOML, lists of one on the wire.

use super::{
    fields::{Fields, Form, Reader},
    place::Place,
};
use crate::{
    SecretReference, SecretReferenceError,
    document::{Entry, Value},
    rules::{
        plaintext_secret::PlaintextSecret, port_invalid::PortInvalid,
        secret_ref_malformed::SecretRefMalformed,
    },
    source::{Span, Spanned},
    sys_map::{DEFAULT_REGION, DEFAULT_VHOST, Database, ObjectStorage, RabbitMq},
    system::{Places, System},
};

const RABBITMQ: &[&str] = &["host", "port", "tls", "username", "password", "vhost"];
const RABBITMQ_WIRE: &[&str] = &["host", "port", "tls", "username", "pass", "secret", "vhost"];
const DATABASE: &[&str] = &[
    "host",
    "port",
    "tls",
    "username",
    "database",
    "password",
    "max-connections",
];
const DATABASE_WIRE: &[&str] = &[
    "host", "port", "tls", "username", "database", "pass", "secret",
];
const STORAGE: &[&str] = &["host", "region", "access-key", "secret-key"];
const STORAGE_WIRE: &[&str] = &[
    "host",
    "region",
    "pass:access-key",
    "secret:access-key",
    "pass:secret-key",
    "secret:secret-key",
];

/// The names of one secret: ours in TOML, the predecessor's `pass` entry on the wire, and our
/// extension there.
struct SecretNames {
    toml: &'static str,
    pass: &'static str,
    other: &'static str,
}

const PASSWORD: SecretNames = SecretNames {
    toml: "password",
    pass: "pass",
    other: "secret",
};
const ACCESS_KEY: SecretNames = SecretNames {
    toml: "access-key",
    pass: "pass:access-key",
    other: "secret:access-key",
};
const SECRET_KEY: SecretNames = SecretNames {
    toml: "secret-key",
    pass: "pass:secret-key",
    other: "secret:secret-key",
};

impl Reader<'_> {
    pub(super) fn rabbitmq(&mut self, entry: &Entry<'_>, places: &mut Places) -> Option<RabbitMq> {
        let legal = self.either(RABBITMQ, RABBITMQ_WIRE);
        let fields = self.entry_fields(entry, Place::Named("[rabbitmq]"), legal)?;
        *places = self.places(&fields, legal);
        // All are read before any `?`, so that one pass reports them all.
        let host = self.value(&fields, "host");
        let port = self.port(&fields);
        let username = self.value(&fields, "username");
        let password = self.secret(&fields, &PASSWORD);
        let tls = self.flag(&fields, "tls");
        let vhost = self.optional_value(&fields, "vhost");
        Some(RabbitMq {
            host: host?,
            port: port?,
            username: username?,
            password: password?,
            tls,
            vhost: vhost.unwrap_or_else(|| DEFAULT_VHOST.to_owned()),
        })
    }

    pub(super) fn database(&mut self, entry: &Entry<'_>, system: &mut System) -> Option<Database> {
        let legal = self.either(DATABASE, DATABASE_WIRE);
        let place = if self.form == Form::Toml {
            "[database]"
        } else {
            "[db]"
        };
        let fields = self.entry_fields(entry, Place::Named(place), legal)?;
        system.database_at = self.places(&fields, legal);
        system.max_connections = self.max_connections(&fields);
        let host = self.value(&fields, "host");
        let port = self.port(&fields);
        let username = self.value(&fields, "username");
        let database = self.value(&fields, "database");
        let password = self.secret(&fields, &PASSWORD);
        let tls = self.flag(&fields, "tls");
        Some(Database {
            host: host?,
            port: port?,
            username: username?,
            database: database?,
            password: password?,
            tls,
        })
    }

    pub(super) fn object_storage(
        &mut self,
        entry: &Entry<'_>,
        places: &mut Places,
    ) -> Option<ObjectStorage> {
        let legal = self.either(STORAGE, STORAGE_WIRE);
        let fields = self.entry_fields(entry, Place::Named("[object-storage]"), legal)?;
        *places = self.places(&fields, legal);
        let host = self.value(&fields, "host");
        let region = self.optional_value(&fields, "region");
        let access_key = self.secret(&fields, &ACCESS_KEY);
        let secret_key = self.secret(&fields, &SECRET_KEY);
        Some(ObjectStorage {
            host: host?,
            region: region.unwrap_or_else(|| DEFAULT_REGION.to_owned()),
            access_key: access_key?,
            secret_key: secret_key?,
        })
    }

    fn max_connections(&mut self, fields: &Fields<'_, '_>) -> Option<Spanned<u32>> {
        let at = fields.get("max-connections")?.node.range.clone();
        let expected = "a whole number from 1 to 4294967295";
        let most = self.count(fields, "max-connections", expected)?;
        Some(Spanned::new(most, self.span(&at)))
    }

    fn either<T>(&self, toml: T, wire: T) -> T {
        match self.form {
            Form::Toml => toml,
            Form::Wire => wire,
        }
    }

    fn value(&mut self, fields: &Fields<'_, '_>, name: &'static str) -> Option<String> {
        self.required(fields, name)?;
        self.optional_value(fields, name)
    }

    fn optional_value(&mut self, fields: &Fields<'_, '_>, name: &'static str) -> Option<String> {
        let node = self.single(fields.get(name)?, name)?;
        Some(self.text_of(node, Place::Field(name))?.value)
    }

    fn flag(&mut self, fields: &Fields<'_, '_>, name: &'static str) -> bool {
        let Some(node) = fields.get(name).and_then(|entry| self.single(entry, name)) else {
            return false;
        };
        if let Value::Bool(value) = node.value {
            return value;
        }
        self.wrong_type(node, Place::Field(name), "a boolean");
        false
    }

    fn port(&mut self, fields: &Fields<'_, '_>) -> Option<u16> {
        let entry = self.required(fields, "port")?;
        let node = self.single(entry, "port")?;
        if let Value::Integer(value) = &node.value
            && let Ok(port @ 1..) = u16::try_from(**value)
        {
            return Some(port);
        }
        self.incomplete();
        let at = self.span(&node.range);
        self.findings.push(PortInvalid { at });
        None
    }

    fn secret(&mut self, fields: &Fields<'_, '_>, names: &SecretNames) -> Option<SecretReference> {
        let has_other = fields.get(names.other).is_some();
        let name = self.either(names.toml, if has_other { names.other } else { names.pass });
        let entry = self.required(fields, name)?;
        let node = self.single(entry, name)?;
        let text: Spanned<String> = self.text_of(node, Place::Field(name))?;
        let reference = if self.form == Form::Wire && !has_other {
            SecretReference::pass(&text.value)
        } else {
            text.value.parse()
        };
        self.reference(name, reference, text.span)
    }

    /// Reports a text that is no reference, without a word of it.
    pub(super) fn reference(
        &mut self,
        field: &'static str,
        reference: Result<SecretReference, SecretReferenceError>,
        at: Span,
    ) -> Option<SecretReference> {
        match reference {
            Ok(reference) => return Some(reference),
            Err(SecretReferenceError::UnknownScheme) => {
                self.findings.push(PlaintextSecret { field, at });
            }
            Err(error) => self.findings.push(SecretRefMalformed { field, error, at }),
        }
        self.incomplete();
        None
    }
}

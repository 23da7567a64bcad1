//! Rows and objects on the open road.

use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Label, Persona, Rule, Severity,
};
use crate::{
    host::{self, Place},
    source::Span,
};

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "tls-missing-db-s3",
    severity: Severity::Warning,
    confidence: Confidence::Medium,
    persona: Persona::Regular,
    family: Family::Secrets,
    check: Some(check),
    what: "The database or the object store is reached without TLS over a network that is not one's own.",
    why: "
What is asked and answered can be read on the way, and, but for the object store's signed requests, changed. A
host that is this machine, or by its address or name within a private network, is not reported.",
    before: Example::Toml(
        r#"
[topology]
sources = ["sniff"]

[services.sniff]
in = "sniff"

[database]
host = "db.example.com"
port = 5432
username = "slingshot"
database = "documents"
password = "pass:database/slingshot"

[object-storage]
host = "http://s3.example.com"
access-key = "pass:s3/access"
secret-key = "pass:s3/secret"
"#,
    ),
    after: Example::Toml(
        r#"
[topology]
sources = ["sniff"]

[services.sniff]
in = "sniff"

[database]
host = "db.example.com"
port = 5432
tls = true
username = "slingshot"
database = "documents"
password = "pass:database/slingshot"

[object-storage]
host = "s3.example.com"
access-key = "pass:s3/access"
secret-key = "pass:s3/secret"
"#,
    ),
};

fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let system = facts.system;
    let places = &system.database_at;
    if let Some(database) = &system.database
        && !database.tls
        && host::place(&database.host) == Place::Public
        && let Some(at) = places.field("tls").or(places.nearest("host"))
    {
        findings.push(TlsMissingDbS3 {
            engine: "the database",
            host: host::shown(&database.host),
            at,
            help: "write `tls = true` in `[database]`",
        });
    }
    if let Some(store) = &system.object_storage
        && let Some(address) = store.host.strip_prefix("http://")
        && host::place(host::of_address(address)) == Place::Public
        && let Some(at) = system.object_storage_at.nearest("host")
    {
        findings.push(TlsMissingDbS3 {
            engine: "the object store",
            host: host::shown(address),
            at,
            help: "write the host with `https://`, or without a scheme, which means the same",
        });
    }
}

/// The engine.
struct TlsMissingDbS3<'s> {
    engine: &'static str,
    host: &'s str,
    at: &'s Span,
    help: &'static str,
}

impl Finding for TlsMissingDbS3<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        format!("{} at `{}` is reached without TLS", self.engine, self.host)
    }

    fn labels(&self) -> Vec<Label> {
        vec![Label::primary(self.at, "not encrypted")]
    }

    fn help(&self) -> Option<String> {
        Some(self.help.to_owned())
    }
}

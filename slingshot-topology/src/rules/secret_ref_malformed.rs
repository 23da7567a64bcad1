//! A reference to a secret that leads nowhere.

use super::{Confidence, Example, Family, Finding, Label, Persona, Rule, Severity, Span};
use crate::SecretReferenceError;

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "secret-ref-malformed",
    severity: Severity::Error,
    confidence: Confidence::High,
    persona: Persona::Regular,
    family: Family::Secrets,
    check: None,
    what: "A secret reference is empty, or names a `pass` entry that could be taken for an option or a path.",
    why: "
An entry is an argument of `pass show`: one that starts with `-` would be read as an option, and one that
starts with `/` or holds `..` leaves the password store.",
    before: Example::Toml(
        r#"
[topology]
sources = ["sniff"]

[services.sniff]
in = "sniff"
out = []

[rabbitmq]
host = "rabbit.example.com"
port = 5671
tls = true
username = "slingshot"
password = "pass:../rabbitmq"
"#,
    ),
    after: Example::Toml(
        r#"
[topology]
sources = ["sniff"]

[services.sniff]
in = "sniff"
out = []

[rabbitmq]
host = "rabbit.example.com"
port = 5671
tls = true
username = "slingshot"
password = "pass:rabbitmq"
"#,
    ),
};

/// A field and what is wrong with its reference.
pub(crate) struct SecretRefMalformed {
    pub(crate) field: &'static str,
    pub(crate) error: SecretReferenceError,
    pub(crate) at: Span,
}

impl Finding for SecretRefMalformed {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        format!("`{}`: {}", self.field, self.error)
    }

    fn labels(&self) -> Vec<Label> {
        vec![Label::primary(&self.at, "no such reference is possible")]
    }
}

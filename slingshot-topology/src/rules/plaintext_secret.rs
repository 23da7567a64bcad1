//! A secret in place of a reference to it.

use super::{Confidence, Example, Family, Finding, Label, Persona, Rule, Severity, Span};

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "plaintext-secret",
    severity: Severity::Error,
    confidence: Confidence::High,
    persona: Persona::Regular,
    family: Family::Secrets,
    check: None,
    what: "A password or key holds something that is not a reference to a secret.",
    why: "
The file is committed, and the sys-map serves it to whoever asks: a secret in it is no longer one.
Write where the secret is to be found instead: `pass:ENTRY` (GNU `pass`), `env:NAME` or `file:PATH`. What
was written is blanked out in this report; if it was a real secret, change it.",
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
password = "hunter2"
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
password = "pass:rabbitmq/slingshot"
"#,
    ),
};

/// The field that holds the secret.
pub(crate) struct PlaintextSecret {
    pub(crate) field: &'static str,
    pub(crate) at: Span,
}

impl Finding for PlaintextSecret {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        format!("`{}` is not a reference to a secret", self.field)
    }

    fn labels(&self) -> Vec<Label> {
        vec![Label::primary(&self.at, "blanked out: it may be a secret").hidden()]
    }

    fn help(&self) -> Option<String> {
        Some("write `pass:ENTRY`, `env:NAME` or `file:PATH`".to_owned())
    }
}

//! A port that is none.

use super::{Confidence, Example, Family, Finding, Label, Persona, Rule, Severity, Span};

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "port-invalid",
    severity: Severity::Error,
    confidence: Confidence::High,
    persona: Persona::Regular,
    family: Family::Input,
    check: None,
    what: "A port is not a whole number from 1 to 65535.",
    why: "
No connection can be made to it. A port in quotes is a string, which services do not take either.",
    before: Example::Toml(
        r#"
[topology]
sources = ["sniff"]

[services.sniff]
in = "sniff"
out = []

[rabbitmq]
host = "rabbit.example.com"
port = "5671"
tls = true
username = "slingshot"
password = "pass:rabbitmq/slingshot"
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

/// What was written in place of a port.
pub(crate) struct PortInvalid {
    pub(crate) at: Span,
}

impl Finding for PortInvalid {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        "the port is not a whole number from 1 to 65535".to_owned()
    }

    fn labels(&self) -> Vec<Label> {
        vec![Label::primary(&self.at, "no port")]
    }
}

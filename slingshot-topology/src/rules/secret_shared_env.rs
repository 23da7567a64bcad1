//! One secret for two environments.

use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Label, Persona, Rule, Severity,
};
use crate::{Spanned, source::Span};

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "secret-shared-env",
    severity: Severity::Info,
    confidence: Confidence::High,
    persona: Persona::Auditor,
    family: Family::Secrets,
    check: Some(check),
    what: "Services of several environments log in to an engine with the same secret.",
    why: "
Who can read the one environment's secret can work in the other. Environments that are apart have a system file each,
with engines and secrets of their own.",
    before: Example::Toml(
        r#"
[topology]
sources = ["sniff", "sniff-dev"]

[services.sniff]
in = "sniff"
environment = "prod"

[services.sniff-dev]
in = "sniff-dev"
environment = "dev"

[rabbitmq]
host = "rabbit.example.com"
port = 5671
tls = true
username = "slingshot"
password = "pass:rabbitmq/slingshot"
"#,
    ),
    after: Example::Toml(
        r#"
[topology]
sources = ["sniff", "sniff-dev"]

[services.sniff]
in = "sniff"
environment = "prod"

[services.sniff-dev]
in = "sniff-dev"
environment = "prod"

[rabbitmq]
host = "rabbit.example.com"
port = 5671
tls = true
username = "slingshot"
password = "pass:rabbitmq/slingshot"
"#,
    ),
};

fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let system = facts.system;
    let named = system.services.iter();
    let mut named = named.filter_map(|service| service.environment.as_ref());
    let Some(first) = named.next() else {
        return;
    };
    let Some(second) = named.find(|other| other.value != first.value) else {
        return;
    };
    let secrets = [
        (
            "the broker",
            system.rabbitmq.is_some(),
            system.rabbitmq_at.nearest("password"),
        ),
        (
            "the database",
            system.database.is_some(),
            system.database_at.nearest("password"),
        ),
        (
            "the object store",
            system.object_storage.is_some(),
            system.object_storage_at.nearest("secret-key"),
        ),
    ];
    for (engine, is_there, at) in secrets {
        if let Some(at) = at.filter(|_| is_there) {
            findings.push(SecretSharedEnv {
                engine,
                at,
                first,
                second,
            });
        }
    }
}

/// The engine, and two of the environments.
struct SecretSharedEnv<'s> {
    engine: &'static str,
    at: &'s Span,
    first: &'s Spanned<String>,
    second: &'s Spanned<String>,
}

impl Finding for SecretSharedEnv<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        let (first, second) = (&self.first.value, &self.second.value);
        format!(
            "`{first}` and `{second}` log in to {} with one secret",
            self.engine
        )
    }

    fn labels(&self) -> Vec<Label> {
        vec![
            Label::primary(self.at, "the secret of both"),
            Label::secondary(&self.first.span, "one environment"),
            Label::secondary(&self.second.span, "another"),
        ]
    }
}

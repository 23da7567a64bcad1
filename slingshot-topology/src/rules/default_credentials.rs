//! The name that everybody tries first.

use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Label, Persona, Rule, Severity,
};
use crate::{
    host::{self, Place},
    source::Span,
};

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "default-credentials",
    severity: Severity::Error,
    confidence: Confidence::High,
    persona: Persona::Regular,
    family: Family::Secrets,
    check: Some(check),
    what: "An engine on another machine is logged in to as the user that it is delivered with.",
    why: "
RabbitMQ refuses `guest` from anywhere but its own machine, unless somebody has opened it to the whole network with a
password that everybody knows. `postgres` and its like may do anything to every database of the server: a service
needs a role of its own. Within a private network `guest` is a remark, and on this machine nothing.",
    before: Example::Toml(
        r#"
[topology]
sources = ["sniff"]

[services.sniff]
in = "sniff"

[rabbitmq]
host = "rabbit.example.com"
port = 5671
tls = true
username = "guest"
password = "pass:rabbitmq/slingshot"
"#,
    ),
    after: Example::Toml(
        r#"
[topology]
sources = ["sniff"]

[services.sniff]
in = "sniff"

[rabbitmq]
host = "rabbit.example.com"
port = 5671
tls = true
username = "slingshot"
password = "pass:rabbitmq/slingshot"
"#,
    ),
};

/// The roles that a database is delivered with.
const SUPERUSERS: [&str; 4] = ["postgres", "root", "admin", "sa"];

fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let system = facts.system;
    if let Some(rabbitmq) = &system.rabbitmq
        && rabbitmq.username == "guest"
        && let Some(at) = system.rabbitmq_at.nearest("username")
    {
        let severity = match host::place(&rabbitmq.host) {
            Place::Here => None,
            Place::Private => Some(Severity::Info),
            Place::Public => Some(Severity::Error),
        };
        if let Some(severity) = severity {
            findings.push(DefaultCredentials {
                user: &rabbitmq.username,
                engine: "the broker",
                at,
                severity,
            });
        }
    }
    if let Some(database) = &system.database
        && SUPERUSERS.contains(&&*database.username)
        && host::place(&database.host) == Place::Public
        && let Some(at) = system.database_at.nearest("username")
    {
        findings.push(DefaultCredentials {
            user: &database.username,
            engine: "the database",
            at,
            severity: Severity::Warning,
        });
    }
}

/// The user, and the engine.
struct DefaultCredentials<'s> {
    user: &'s str,
    engine: &'static str,
    at: &'s Span,
    severity: Severity,
}

impl Finding for DefaultCredentials<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        format!("{} is logged in to as `{}`", self.engine, self.user)
    }

    fn labels(&self) -> Vec<Label> {
        vec![Label::primary(self.at, "delivered with it")]
    }

    fn help(&self) -> Option<String> {
        Some("make a user for this system, with the rights that it needs".to_owned())
    }

    fn severity(&self) -> Severity {
        self.severity
    }
}

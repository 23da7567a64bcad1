//! A password on the open road.

use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Label, Persona, Rule, Severity,
};
use crate::{
    host::{self, Place},
    source::Span,
};

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "tls-missing-amqp",
    severity: Severity::Warning,
    confidence: Confidence::Medium,
    persona: Persona::Regular,
    family: Family::Secrets,
    check: Some(check),
    what: "The broker is reached without TLS over a network that is not one's own.",
    why: "
The password, and every message, can be read and changed on the way. A host that is this machine, or by its address
or name within a private network (`10.0.0.7`, `rabbit`, `rabbit.internal`), is not reported.",
    before: Example::Toml(
        r#"
[topology]
sources = ["sniff"]

[services.sniff]
in = "sniff"

[rabbitmq]
host = "rabbit.example.com"
port = 5672
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
    let places = &facts.system.rabbitmq_at;
    if let Some(rabbitmq) = &facts.system.rabbitmq
        && !rabbitmq.tls
        && host::place(&rabbitmq.host) == Place::Public
        && let Some(at) = places.field("tls").or(places.nearest("port"))
    {
        findings.push(TlsMissingAmqp {
            host: host::shown(&rabbitmq.host),
            at,
            host_at: places.field("host"),
        });
    }
}

/// The host, and where TLS is to be switched on.
struct TlsMissingAmqp<'s> {
    host: &'s str,
    at: &'s Span,
    host_at: Option<&'s Span>,
}

impl Finding for TlsMissingAmqp<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        format!("the broker at `{}` is reached without TLS", self.host)
    }

    fn labels(&self) -> Vec<Label> {
        let host = self
            .host_at
            .map(|at| Label::secondary(at, "not within a private network"));
        let at = Label::primary(self.at, "not encrypted");
        [at].into_iter().chain(host).collect()
    }

    fn help(&self) -> Option<String> {
        Some(
            "write `tls = true`, and the port of the broker's TLS listener, usually 5671"
                .to_owned(),
        )
    }
}

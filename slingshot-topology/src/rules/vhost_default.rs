//! Everything in one virtual host.

use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Label, Persona, Rule, Severity,
};
use crate::{source::Span, sys_map::DEFAULT_VHOST};

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "vhost-default",
    severity: Severity::Info,
    confidence: Confidence::High,
    persona: Persona::Pedantic,
    family: Family::Secrets,
    check: Some(check),
    what: "The broker's virtual host is `/`, or not named.",
    why: "
Whatever else uses the broker is in `/` too, and sees these queues under their own names. A virtual host of the
system's own keeps names and rights apart, and goes as a whole when the system does.",
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
vhost = "documents"
username = "slingshot"
password = "pass:rabbitmq/slingshot"
"#,
    ),
};

fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let places = &facts.system.rabbitmq_at;
    if let Some(rabbitmq) = &facts.system.rabbitmq
        && rabbitmq.vhost == DEFAULT_VHOST
        && let Some(at) = places.nearest("vhost")
    {
        findings.push(VhostDefault { at });
    }
}

/// Where it is, or is not, named.
struct VhostDefault<'s> {
    at: &'s Span,
}

impl Finding for VhostDefault<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        "the system's queues are in the virtual host `/`".to_owned()
    }

    fn labels(&self) -> Vec<Label> {
        vec![Label::primary(self.at, "shared with all that names none")]
    }

    fn help(&self) -> Option<String> {
        Some("make a virtual host for the system, and name it: `vhost = \"documents\"`".to_owned())
    }
}

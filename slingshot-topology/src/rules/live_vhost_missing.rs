//! A virtual host that is not there.

use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Label, Persona, Rule, Severity,
};
use crate::source::Span;

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "live-vhost-missing",
    severity: Severity::Error,
    confidence: Confidence::High,
    persona: Persona::Regular,
    family: Family::Broker,
    check: Some(check),
    what: "The broker does not have the virtual host that the map names.",
    why: "
No service can log in. Virtual hosts are made by operators, never by services.",
    before: Example::WithDefinitions {
        toml: r#"
[topology]
sources = ["sniff"]

[services.sniff]
in = "sniff"
out = [{ case = "done", queues = [] }]

[rabbitmq]
host = "rabbit.example.com"
port = 5671
tls = true
username = "slingshot"
vhost = "documents"
password = "env:RABBIT_PASSWORD"
"#,
        definitions: r#"
{
  "vhosts": [{ "name": "/" }],
  "queues": []
}
"#,
    },
    after: Example::WithDefinitions {
        toml: r#"
[topology]
sources = ["sniff"]

[services.sniff]
in = "sniff"
out = [{ case = "done", queues = [] }]

[rabbitmq]
host = "rabbit.example.com"
port = 5671
tls = true
username = "slingshot"
vhost = "documents"
password = "env:RABBIT_PASSWORD"
"#,
        definitions: r#"
{
  "vhosts": [{ "name": "/" }, { "name": "documents" }],
  "queues": [{ "name": "sniff", "vhost": "documents", "durable": true, "arguments": {} }]
}
"#,
    },
};

fn check(facts: &Facts<'_>, findings: &mut Findings) {
    if let Some(broker) = facts.broker.as_ref().filter(|broker| !broker.has_vhost())
        && let Some(at) = &facts.system.start
    {
        let definitions = broker.definitions;
        let vhosts = definitions.vhosts.iter().flatten();
        findings.push(LiveVhostMissing {
            vhost: broker.vhost,
            at,
            export: &definitions.start,
            others: vhosts.map(|vhost| &*vhost.name.value).collect(),
        });
    }
}

/// The virtual host, and those that are there.
struct LiveVhostMissing<'s> {
    vhost: &'s str,
    at: &'s Span,
    export: &'s Span,
    others: Vec<&'s str>,
}

impl Finding for LiveVhostMissing<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        format!("the broker has no virtual host `{}`", self.vhost)
    }

    fn labels(&self) -> Vec<Label> {
        vec![
            Label::primary(self.at, format!("uses the virtual host `{}`", self.vhost)),
            Label::secondary(self.export, "does not have it"),
        ]
    }

    fn help(&self) -> Option<String> {
        let others: Vec<_> = self.others.iter().map(|name| format!("`{name}`")).collect();
        Some(format!(
            "it has {}; make one with `rabbitmqctl add_vhost`, or correct `vhost` under [rabbitmq]",
            others.join(", ")
        ))
    }
}

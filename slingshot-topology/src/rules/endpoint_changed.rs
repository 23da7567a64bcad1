//! An engine that moves.

use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Label, Persona, Rule, Severity,
};
use crate::diff::{MovedEngine, moved_engines};

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "endpoint-changed",
    severity: Severity::Warning,
    confidence: Confidence::High,
    persona: Persona::Regular,
    family: Family::Change,
    check: Some(check),
    what: "The broker, the database or the object store is at another place.",
    why: "
What is in the old one does not move by itself: messages that wait in the old broker, rows of the old database and
the objects of the old store are out of sight of the services as soon as they are started with the new map.
Running services keep the old place until they are restarted.",
    before: Example::Against {
        previous: r#"
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
        toml: r#"
[topology]
sources = ["sniff"]

[services.sniff]
in = "sniff"

[rabbitmq]
host = "broker.example.com"
port = 5671
tls = true
username = "slingshot"
password = "pass:rabbitmq/slingshot"
"#,
    },
    after: Example::Against {
        previous: r#"
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
        toml: r#"
[topology]
sources = ["sniff"]

[services.sniff]
in = "sniff"

[rabbitmq]
host = "rabbit.example.com"
port = 5671
tls = true
username = "slingshot"
password = "pass:rabbitmq/slingshot-2"
"#,
    },
};

fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let Some(change) = facts.change() else {
        return;
    };
    for engine in moved_engines(change.before, change.after) {
        findings.push(EndpointChanged { engine });
    }
}

/// The engine, and what of its place is another.
struct EndpointChanged<'s> {
    engine: MovedEngine<'s>,
}

impl Finding for EndpointChanged<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        let MovedEngine {
            engine, old, new, ..
        } = &self.engine;
        format!("{engine} moves from `{old}` to `{new}`")
    }

    fn labels(&self) -> Vec<Label> {
        let new = self.engine.after.iter();
        let new = new.map(|at| Label::primary(at, "the place of the services to be deployed"));
        let old = self.engine.before.iter();
        let old = old.map(|at| Label::secondary(at, "the place of those at work"));
        new.chain(old).collect()
    }

    fn help(&self) -> Option<String> {
        Some(self.engine.advice.to_owned())
    }
}

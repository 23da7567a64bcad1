//! A queue that bears the name of another service.

use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Label, Persona, Rule, Severity,
};
use crate::{system::Service, wiring::Queue};

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "queue-equals-service",
    severity: Severity::Info,
    confidence: Confidence::Medium,
    persona: Persona::Pedantic,
    family: Family::Names,
    check: Some(check),
    what: "A queue is called like a service that does not read it.",
    why: "
Readers take the queue for that service's own.",
    before: Example::Toml(
        r#"
[topology]
sources = ["words", "texts"]

[services.sniff]
in = "words"
out = []

[services.words]
in = "texts"
out = []
"#,
    ),
    after: Example::Toml(
        r#"
[topology]
sources = ["files", "texts"]

[services.sniff]
in = "files"
out = []

[services.words]
in = "texts"
out = []
"#,
    ),
};

fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for service in &facts.system.services {
        let Some(queue) = facts.wiring.queue(&service.name.value) else {
            continue;
        };
        if service.inbound.value != queue.name {
            findings.push(QueueEqualsService { queue, service });
        }
    }
}

/// The queue, and the service of its name.
struct QueueEqualsService<'s> {
    queue: &'s Queue<'s>,
    service: &'s Service,
}

impl Finding for QueueEqualsService<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        format!(
            "the queue `{}` is not the one that the service `{0}` reads",
            self.queue.name
        )
    }

    fn labels(&self) -> Vec<Label> {
        let reads = format!("this service reads `{}`", self.service.inbound.value);
        vec![
            Label::primary(self.queue.at, "called like a service"),
            Label::secondary(&self.service.name.span, reads),
        ]
    }
}

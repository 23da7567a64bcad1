//! Order among several at once.

use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Label, Persona, Rule, Severity,
};
use crate::system::Service;

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "ordered-with-concurrency",
    severity: Severity::Warning,
    confidence: Confidence::High,
    persona: Persona::Regular,
    family: Family::Queues,
    check: Some(check),
    what: "A service whose messages have an order works on several of them at once.",
    why: "
Two replicas finish when they finish: the later message may well be the first. That `ordered` holds, one
replica of one process reads the queue, and no other service does. A message that is tried again comes after those
that came behind it, whatever the replicas.",
    before: Example::Toml(
        r#"
[topology]
sources = ["ledger"]

[services.ledger]
in = "ledger"
ordered = true
replicas = 4
"#,
    ),
    after: Example::Toml(
        r#"
[topology]
sources = ["ledger"]

[services.ledger]
in = "ledger"
ordered = true
replicas = 1
"#,
    ),
};

fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for (index, service) in facts.system.services.iter().enumerate() {
        if !service.is_ordered {
            continue;
        }
        let replicas = facts.replicas(service).unwrap_or(1);
        let readers = &facts.wiring.inbound(index).readers;
        let other = readers.iter().find(|&&reader| reader != index);
        if replicas > 1 || other.is_some() {
            findings.push(OrderedWithConcurrency {
                service,
                replicas,
                other: other.map(|&other| facts.wiring.service(other)),
            });
        }
    }
}

/// The service, and who else reads its queue.
struct OrderedWithConcurrency<'s> {
    service: &'s Service,
    replicas: u32,
    other: Option<&'s Service>,
}

impl Finding for OrderedWithConcurrency<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        let name = &self.service.name.value;
        match self.other {
            Some(other) => format!(
                "service `{name}` is ordered, and `{}` reads its queue too",
                other.name.value
            ),
            None => format!(
                "service `{name}` is ordered, and works on {} messages at once",
                self.replicas
            ),
        }
    }

    fn labels(&self) -> Vec<Label> {
        let primary = match self.other {
            Some(_) => &self.service.inbound.span,
            None => self.service.place("replicas"),
        };
        let mut labels = vec![
            Label::primary(primary, "no order among these"),
            Label::secondary(self.service.place("ordered"), "its messages have an order"),
        ];
        if let Some(other) = self.other {
            labels.push(Label::secondary(&other.inbound.span, "read here too"));
        }
        labels
    }

    fn help(&self) -> Option<String> {
        Some("write `replicas = 1`, or take `ordered` away if the order does not matter".to_owned())
    }
}

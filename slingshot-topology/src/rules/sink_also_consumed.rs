//! A sink that a service drains.

use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Label, Persona, Rule, Severity, Span,
};
use crate::{system::Service, wiring::Queue};

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "sink-also-consumed",
    severity: Severity::Warning,
    confidence: Confidence::High,
    persona: Persona::Regular,
    family: Family::Graph,
    check: Some(check),
    what: "A queue that is declared as a sink is also read by a service.",
    why: "
The outside and the service take each other's messages. Most often the declaration is left over from before
the service.",
    before: Example::Toml(
        r#"
[topology]
sources = ["sniff"]
sinks = ["words"]

[services.sniff]
in = "sniff"
out = [{ case = "text", queues = ["words"] }]

[services.words]
in = "words"
out = []
"#,
    ),
    after: Example::Toml(
        r#"
[topology]
sources = ["sniff"]
sinks = []

[services.sniff]
in = "sniff"
out = [{ case = "text", queues = ["words"] }]

[services.words]
in = "words"
out = []
"#,
    ),
};

fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for queue in &facts.wiring.queues {
        if let (Some(declared), Some(&reader)) = (queue.sink, queue.readers.first()) {
            findings.push(SinkAlsoConsumed {
                queue,
                declared,
                reader: facts.wiring.service(reader),
            });
        }
    }
}

/// The queue and both of its readers.
struct SinkAlsoConsumed<'s> {
    queue: &'s Queue<'s>,
    declared: &'s Span,
    reader: &'s Service,
}

impl Finding for SinkAlsoConsumed<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        format!("the sink `{}` is read inside too", self.queue.name)
    }

    fn labels(&self) -> Vec<Label> {
        vec![
            Label::primary(self.declared, "declared to be drained from outside"),
            Label::secondary(&self.reader.inbound.span, "read here"),
        ]
    }

    fn help(&self) -> Option<String> {
        Some(
            "remove it from `[topology] sinks`, or route to a second queue for the outside"
                .to_owned(),
        )
    }
}

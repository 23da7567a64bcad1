//! A queue without a name.

use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Label, Persona, Rule, Severity,
};
use crate::diagnostic::{Explained, Symptom};
use crate::wiring::Queue;

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "queue-name-empty",
    severity: Severity::Error,
    confidence: Confidence::High,
    persona: Persona::Regular,
    family: Family::Names,
    check: Some(check),
    what: "A queue name is empty.",
    why: "
Declaring the empty name makes the broker invent one, another for each service, and what is published to it
can reach nobody.",
    before: Example::Toml(
        r#"
[topology]
sources = ["sniff"]
sinks = [""]

[services.sniff]
in = "sniff"
out = [{ case = "done", queues = [""] }]
"#,
    ),
    after: Example::Toml(
        r#"
[topology]
sources = ["sniff"]
sinks = ["done"]

[services.sniff]
in = "sniff"
out = [{ case = "done", queues = ["done"] }]
"#,
    ),
};

fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for queue in facts.peculiar_queues() {
        if queue.name.is_empty() {
            findings.push(QueueNameEmpty { queue });
        }
    }
}

/// The queue.
struct QueueNameEmpty<'s> {
    queue: &'s Queue<'s>,
}

impl Finding for QueueNameEmpty<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        "a queue name is empty".to_owned()
    }

    fn explains(&self) -> Vec<Explained> {
        let unread = Symptom::Unread(String::new());
        vec![Explained::This(unread), Explained::EVERY_UNFED]
    }

    fn labels(&self) -> Vec<Label> {
        vec![Label::primary(
            self.queue.at,
            "the broker would invent a name",
        )]
    }

    fn help(&self) -> Option<String> {
        Some("name the queue; results that end here have `queues = []`".to_owned())
    }
}

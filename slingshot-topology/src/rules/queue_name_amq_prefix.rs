//! A name that the broker keeps for itself.

use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Label, Persona, Rule, Severity,
};
use crate::wiring::Queue;

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "queue-name-amq-prefix",
    severity: Severity::Error,
    confidence: Confidence::High,
    persona: Persona::Regular,
    family: Family::Names,
    check: Some(check),
    what: "A queue name starts with `amq.`.",
    why: "
The broker answers the declaration with 403 ACCESS_REFUSED and closes the channel.",
    before: Example::Toml(
        r#"
[topology]
sources = ["sniff"]
sinks = ["amq.done"]

[services.sniff]
in = "sniff"
out = [{ case = "done", queues = ["amq.done"] }]
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
        if queue.name.starts_with("amq.") {
            findings.push(QueueNameAmqPrefix { queue });
        }
    }
}

/// The queue.
struct QueueNameAmqPrefix<'s> {
    queue: &'s Queue<'s>,
}

impl Finding for QueueNameAmqPrefix<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        format!("the queue name `{}` is reserved", self.queue.name)
    }

    fn labels(&self) -> Vec<Label> {
        vec![Label::primary(
            self.queue.at,
            "the broker refuses names that start with `amq.`",
        )]
    }

    fn help(&self) -> Option<String> {
        Some("choose another name".to_owned())
    }
}

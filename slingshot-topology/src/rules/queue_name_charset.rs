//! A name that not every broker takes.

use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Label, Persona, Rule, Severity,
};
use crate::wiring::Queue;

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "queue-name-charset",
    severity: Severity::Info,
    confidence: Confidence::High,
    persona: Persona::Pedantic,
    family: Family::Names,
    check: Some(check),
    what: "A queue name has a character other than letters, digits and `-_.:/`.",
    why: "
RabbitMQ takes any UTF-8; hosted brokers and tools advise or take only these.",
    before: Example::Toml(
        r#"
[topology]
sources = ["sniff"]
sinks = ["done!"]

[services.sniff]
in = "sniff"
out = [{ case = "done", queues = ["done!"] }]
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

/// What Amazon MQ advises.
fn is_portable(character: char) -> bool {
    character.is_ascii_alphanumeric() || "-_.:/".contains(character)
}

fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for queue in facts.peculiar_queues() {
        if !queue.name.chars().all(is_portable) {
            findings.push(QueueNameCharset { queue });
        }
    }
}

/// The queue.
struct QueueNameCharset<'s> {
    queue: &'s Queue<'s>,
}

impl Finding for QueueNameCharset<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        format!("the queue name {:?} is not portable", self.queue.name)
    }

    fn labels(&self) -> Vec<Label> {
        vec![Label::primary(
            self.queue.at,
            "other than letters, digits and `-_.:/`",
        )]
    }
}

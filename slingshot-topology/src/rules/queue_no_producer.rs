//! A service that waits for ever.

use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Label, Persona, Rule, Severity,
};

use crate::{diagnostic::Symptom, wiring::Queue};

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "queue-no-producer",
    severity: Severity::Warning,
    confidence: Confidence::High,
    persona: Persona::Regular,
    family: Family::Graph,
    check: Some(check),
    what: "A service reads a queue that no route feeds and `[topology] sources` does not name.",
    why: "
It would never get a message. A queue that something outside of the system feeds is declared as a source.",
    before: Example::Toml(
        r#"
[topology]
sources = ["sniff"]
sinks = []

[services.sniff]
in = "sniff"
out = [{ case = "text", queues = [] }]

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
    if !facts.is_bounded() {
        return;
    }
    for queue in facts.wiring.queues.iter().filter(|queue| queue.is_unfed()) {
        findings.push(QueueNoProducer { queue });
    }
}

/// The queue.
struct QueueNoProducer<'s> {
    queue: &'s Queue<'s>,
}

impl Finding for QueueNoProducer<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        format!("nothing feeds the queue `{}`", self.queue.name)
    }

    fn labels(&self) -> Vec<Label> {
        vec![Label::primary(
            self.queue.at,
            "read here, and fed by no route",
        )]
    }

    fn help(&self) -> Option<String> {
        let name = self.queue.name;
        let help = format!(
            "route a case to `{name}`, or name it in `[topology] sources` if it is fed from outside"
        );
        Some(help)
    }

    fn symptom(&self) -> Option<Symptom> {
        Some(Symptom::Unfed(self.queue.name.to_owned()))
    }
}

//! A queue that stays as it is.

use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Label, Persona, Rule, Severity,
};
use crate::{
    diff::Kept,
    system::{QueueType, Service},
};

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "queue-args-changed",
    severity: Severity::Warning,
    confidence: Confidence::High,
    persona: Persona::Regular,
    family: Family::Change,
    check: Some(check),
    what: "The `queue-type` of a queue that is at work changes.",
    why: "
A queue's type is decided when it is made. Slingshot uses a queue that exists as it is, so that the new word has
no effect until the queue is deleted; a service that declares it by the new word, as predecessors do, is refused
with `PRECONDITION_FAILED`. Move to a queue of another name, or let this one run empty and delete it.",
    before: Example::Against {
        previous: r#"
[topology]
sources = ["sniff"]

[services.sniff]
in = "sniff"
queue-type = "classic"
"#,
        toml: r#"
[topology]
sources = ["sniff"]

[services.sniff]
in = "sniff"
queue-type = "quorum"
"#,
    },
    after: Example::Against {
        previous: r#"
[topology]
sources = ["sniff"]

[services.sniff]
in = "sniff"
queue-type = "quorum"
"#,
        toml: r#"
[topology]
sources = ["sniff"]

[services.sniff]
in = "sniff"
queue-type = "quorum"
replicas = 4
"#,
    },
};

fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let Some(change) = facts.change() else {
        return;
    };
    for kept in &change.kept {
        let Kept { before, after, .. } = kept;
        if kept.moved_queue().is_none() && kind(before) != kind(after) {
            findings.push(QueueArgsChanged { before, after });
        }
    }
}

/// A broker's own default is classic, unless somebody has changed it.
pub(crate) fn kind(service: &Service) -> QueueType {
    service.queue_type.unwrap_or(QueueType::Classic)
}

/// The service of before and of now.
struct QueueArgsChanged<'s> {
    before: &'s Service,
    after: &'s Service,
}

impl Finding for QueueArgsChanged<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        let queue = &self.after.inbound.value;
        let (old, new) = (kind(self.before).as_str(), kind(self.after).as_str());
        format!("the queue `{queue}` is to be {new}, and stays {old}")
    }

    fn labels(&self) -> Vec<Label> {
        vec![
            Label::primary(
                self.after.place("queue-type"),
                "has no effect on a queue that exists",
            ),
            Label::secondary(self.before.place("queue-type"), "made by this"),
        ]
    }

    fn help(&self) -> Option<String> {
        Some(
            "give the queue another name and let the old one run empty, or stop its readers and producers, let it \
             run empty and delete it"
                .to_owned(),
        )
    }

    fn confidence(&self) -> Confidence {
        match (self.before.queue_type, self.after.queue_type) {
            (Some(_), Some(_)) => RULE.confidence,
            _ => Confidence::Medium,
        }
    }
}

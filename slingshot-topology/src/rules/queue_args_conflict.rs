//! One queue, two kinds.

use super::queue_args_changed::kind;
use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Label, Persona, Rule, Severity,
};
use crate::system::Service;

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "queue-args-conflict",
    severity: Severity::Error,
    confidence: Confidence::High,
    persona: Persona::Regular,
    family: Family::Queues,
    check: Some(check),
    what: "Two services that read the same queue give it different `queue-type`s.",
    why: "
A queue is of the kind that whoever made it wanted, so that one of the two words is untrue, and which one depends on
who was started first. A predecessor's service that declares the other kind is refused, and does not start.",
    before: Example::Toml(
        r#"
[topology]
sources = ["jobs"]

[services.resize]
in = "jobs"
group = "images"
queue-type = "quorum"

[services.crop]
in = "jobs"
group = "images"
queue-type = "classic"
"#,
    ),
    after: Example::Toml(
        r#"
[topology]
sources = ["jobs"]

[services.resize]
in = "jobs"
queue-type = "quorum"
replicas = 2
"#,
    ),
};

fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for queue in &facts.wiring.queues {
        let [first, others @ ..] = &*queue.readers else {
            continue;
        };
        let first = facts.wiring.service(*first);
        for &other in others {
            let second = facts.wiring.service(other);
            if kind(first) != kind(second) {
                findings.push(QueueArgsConflict {
                    queue: queue.name,
                    first,
                    second,
                });
            }
        }
    }
}

/// The queue, and the two services.
struct QueueArgsConflict<'s> {
    queue: &'s str,
    first: &'s Service,
    second: &'s Service,
}

impl Finding for QueueArgsConflict<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        let (first, second) = (kind(self.first).as_str(), kind(self.second).as_str());
        format!(
            "the queue `{}` is to be {first} for `{}` and {second} for `{}`",
            self.queue, self.first.name.value, self.second.name.value
        )
    }

    fn labels(&self) -> Vec<Label> {
        let label = |service: &Service| match service.queue_type {
            Some(kind) => format!("{} here", kind.as_str()),
            None => "as the broker does it here".to_owned(),
        };
        vec![
            Label::primary(self.second.place("queue-type"), label(self.second)),
            Label::secondary(self.first.place("queue-type"), label(self.first)),
        ]
    }

    fn help(&self) -> Option<String> {
        Some("give both the same `queue-type`".to_owned())
    }
}

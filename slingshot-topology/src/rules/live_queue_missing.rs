//! A queue that the broker does not have.

use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Label, Persona, Rule, Severity,
};
use crate::queues::NeededQueue;

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "live-queue-missing",
    severity: Severity::Error,
    confidence: Confidence::High,
    persona: Persona::Regular,
    family: Family::Broker,
    check: Some(check),
    what: "The map names a queue that the broker does not have.",
    why: "
Whoever publishes to it before its service has started for the first time is refused, or, without a care,
loses what it sent. A misspelt name in the map makes a queue of its own that nobody feeds.",
    before: Example::WithDefinitions {
        toml: r#"
[topology]
sources = ["sniff"]

[services.sniff]
in = "sniff"
out = [{ case = "done", queues = [] }]
"#,
        definitions: r#"
{
  "queues": [{ "name": "snif", "vhost": "/", "durable": true, "arguments": {} }]
}
"#,
    },
    after: Example::WithDefinitions {
        toml: r#"
[topology]
sources = ["sniff"]

[services.sniff]
in = "sniff"
out = [{ case = "done", queues = [] }]
"#,
        definitions: r#"
{
  "queues": [{ "name": "sniff", "vhost": "/", "durable": true, "arguments": {} }]
}
"#,
    },
};

fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let Some(broker) = facts.broker.as_ref().filter(|broker| broker.lists_queues()) else {
        return;
    };
    for queue in broker.needed.iter().filter(|queue| queue.is_in_the_map()) {
        if broker.queue(&queue.name).is_none() {
            findings.push(LiveQueueMissing {
                queue,
                vhost: broker.vhost,
                nearest: broker.spelling.nearest(&queue.name),
            });
        }
    }
}

/// The queue, and the one that may be meant.
struct LiveQueueMissing<'s> {
    queue: &'s NeededQueue<'s>,
    vhost: &'s str,
    nearest: Option<&'s str>,
}

impl Finding for LiveQueueMissing<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        let Self { queue, vhost, .. } = self;
        format!(
            "the broker has no queue `{}` in the virtual host `{vhost}`",
            queue.name
        )
    }

    fn labels(&self) -> Vec<Label> {
        vec![Label::primary(self.queue.at, "not at the broker")]
    }

    fn help(&self) -> Option<String> {
        let meant = self.nearest.map(|name| format!("did you mean `{name}`? "));
        let how = "start the service that reads it, which declares it, or import what \
                   `slingshot topology export --format definitions` writes";
        Some(meant.unwrap_or_default() + how)
    }
}

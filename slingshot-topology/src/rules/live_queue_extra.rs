//! A queue that the map does not know.

use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Label, Persona, Rule, Severity,
};
use crate::{definitions::BrokerQueue, hashing::HashSet};

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "live-queue-extra",
    severity: Severity::Info,
    confidence: Confidence::High,
    persona: Persona::Pedantic,
    family: Family::Broker,
    check: Some(check),
    what: "The broker has a queue that the map does not name.",
    why: "
It may belong to something else. Or it is what a renamed service has left behind, with messages in it that
nobody will ever read.",
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
  "queues": [
    { "name": "sniff", "vhost": "/", "durable": true, "arguments": {} },
    { "name": "sniff-old", "vhost": "/", "durable": true, "arguments": {} }
  ]
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

/// Queues that brokers and handlers' buses name for themselves.
const OTHERS: [&str; 2] = ["amq.", "slingshot.bus"];

fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let Some(broker) = facts.broker.as_ref().filter(|_| facts.system.complete) else {
        return;
    };
    let needed: HashSet<&str> = broker.needed.iter().map(|queue| &*queue.name).collect();
    for queue in broker.queues() {
        let name = &*queue.name.value;
        // A tier of another delay is of an annotation's retry, or of a function's own wait.
        let owner = name.split_once(".retry.").map(|(owner, _)| owner);
        let is_known = needed.contains(name) || owner.is_some_and(|owner| needed.contains(owner));
        if !is_known && !OTHERS.iter().any(|prefix| name.starts_with(prefix)) {
            findings.push(LiveQueueExtra { queue });
        }
    }
}

/// The queue.
struct LiveQueueExtra<'s> {
    queue: &'s BrokerQueue,
}

impl Finding for LiveQueueExtra<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        format!(
            "the map does not name the broker's queue `{}`",
            self.queue.name.value
        )
    }

    fn labels(&self) -> Vec<Label> {
        vec![Label::primary(
            &self.queue.name.span,
            "no service reads or feeds this",
        )]
    }

    fn help(&self) -> Option<String> {
        Some("if nothing else uses it, see that it is empty and delete it".to_owned())
    }
}

//! Something else that feeds a queue.

use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Label, Persona, Rule, Severity,
};
use crate::{
    definitions::Binding,
    hashing::{HashMap, HashSet},
    queues::NeededQueue,
};

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "live-binding-unexpected",
    severity: Severity::Info,
    confidence: Confidence::Medium,
    persona: Persona::Pedantic,
    family: Family::Broker,
    check: Some(check),
    what: "An exchange feeds a queue of the map, and the map does not say that anything outside does.",
    why: "
Slingshot's services publish to queues by their names, and bind nothing. What comes through a binding comes from
somebody else, and must be a decimal id all the same.",
    before: Example::WithDefinitions {
        toml: r#"
[topology]
sources = ["sniff"]

[services.sniff]
in = "sniff"
out = [{ case = "text", queues = ["words"] }]

[services.words]
in = "words"
out = [{ case = "done", queues = [] }]
"#,
        definitions: r#"
{
  "queues": [
    { "name": "sniff", "vhost": "/", "durable": true, "arguments": {} },
    { "name": "words", "vhost": "/", "durable": true, "arguments": {} }
  ],
  "bindings": [
    { "source": "events", "vhost": "/", "destination": "words", "destination_type": "queue", "routing_key": "documents.*" }
  ]
}
"#,
    },
    after: Example::WithDefinitions {
        toml: r#"
[topology]
sources = ["sniff", "words"]

[services.sniff]
in = "sniff"
out = [{ case = "done", queues = [] }]

[services.words]
in = "words"
out = [{ case = "done", queues = [] }]
"#,
        definitions: r#"
{
  "queues": [
    { "name": "sniff", "vhost": "/", "durable": true, "arguments": {} },
    { "name": "words", "vhost": "/", "durable": true, "arguments": {} }
  ],
  "bindings": [
    { "source": "events", "vhost": "/", "destination": "words", "destination_type": "queue", "routing_key": "documents.*" }
  ]
}
"#,
    },
};

fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let Some(broker) = &facts.broker else {
        return;
    };
    let ours = broker.needed.iter().filter(|queue| queue.is_ours());
    let ours: HashMap<&str, &NeededQueue<'_>> = ours.map(|queue| (&*queue.name, queue)).collect();
    let sources: HashSet<&str> = facts
        .system
        .sources
        .iter()
        .map(|source| &*source.value)
        .collect();
    for binding in broker.bindings() {
        let queue = &*binding.destination.value;
        if let Some(needed) = ours.get(queue)
            && !sources.contains(queue)
        {
            findings.push(LiveBindingUnexpected { needed, binding });
        }
    }
}

/// The queue and its binding.
struct LiveBindingUnexpected<'s> {
    needed: &'s NeededQueue<'s>,
    binding: &'s Binding,
}

impl Finding for LiveBindingUnexpected<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        let exchange = &self.binding.source.value;
        format!(
            "the exchange `{exchange}` feeds the queue `{}` too",
            self.needed.name
        )
    }

    fn labels(&self) -> Vec<Label> {
        let Binding {
            source,
            routing_key,
            ..
        } = self.binding;
        vec![
            Label::primary(&source.span, format!("feeds it by the key {routing_key:?}")),
            Label::secondary(self.needed.at, "read here"),
        ]
    }

    fn help(&self) -> Option<String> {
        let queue = &self.needed.name;
        Some(format!(
            "name `{queue}` among the sources of [topology] if that is on purpose, or unbind it"
        ))
    }
}

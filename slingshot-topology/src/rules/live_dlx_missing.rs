//! A dead-letter exchange that is not there.

use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Label, Persona, Rule, Severity,
};
use crate::{
    definitions::{Argument, ArgumentValue},
    queues::NeededQueue,
};

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "live-dlx-missing",
    severity: Severity::Error,
    confidence: Confidence::High,
    persona: Persona::Regular,
    family: Family::Broker,
    check: Some(check),
    what: "A queue of the map hands its dead letters to an exchange that the broker does not have.",
    why: "
RabbitMQ drops what it cannot hand over, without a word: messages that expire, overflow or are rejected in this
queue are gone.",
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
  "exchanges": [],
  "queues": [
    { "name": "sniff", "vhost": "/", "durable": true, "arguments": { "x-dead-letter-exchange": "dead" } }
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
  "exchanges": [{ "name": "dead", "vhost": "/", "type": "fanout", "durable": true }],
  "queues": [
    { "name": "sniff", "vhost": "/", "durable": true, "arguments": { "x-dead-letter-exchange": "dead" } }
  ]
}
"#,
    },
};

fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let Some(broker) = &facts.broker else {
        return;
    };
    for (needed, queue) in broker.pairs() {
        let own = queue.argument("x-dead-letter-exchange").into_iter();
        let set = broker.policies(queue).flat_map(|policy| &policy.definition);
        let set = set.filter(|argument| argument.name == "dead-letter-exchange");
        for exchange in own.chain(set) {
            if let ArgumentValue::Text(name) = &exchange.value
                && !broker.has_exchange(name)
            {
                findings.push(LiveDlxMissing {
                    needed,
                    name,
                    exchange,
                });
            }
        }
    }
}

/// The queue, and where the broker names the exchange.
struct LiveDlxMissing<'s> {
    needed: &'s NeededQueue<'s>,
    name: &'s str,
    exchange: &'s Argument,
}

impl Finding for LiveDlxMissing<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        let Self { needed, name, .. } = self;
        format!(
            "the dead letters of `{}` go to the exchange `{name}`, which is not there",
            needed.name
        )
    }

    fn labels(&self) -> Vec<Label> {
        vec![
            Label::primary(&self.exchange.span, "no exchange has this name"),
            Label::secondary(self.needed.at, "needed here"),
        ]
    }

    fn help(&self) -> Option<String> {
        Some("declare the exchange and bind a queue to it".to_owned())
    }
}

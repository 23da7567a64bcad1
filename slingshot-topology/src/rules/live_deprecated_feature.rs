//! A queue that goes when its broker restarts.

use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Label, Persona, Rule, Severity,
};
use crate::{facts::Broker, queues::NeededQueue, source::Spanned};

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "live-deprecated-feature",
    severity: Severity::Warning,
    confidence: Confidence::High,
    persona: Persona::Regular,
    family: Family::Broker,
    check: Some(check),
    what: "A queue of the map is transient at the broker.",
    why: "
Its messages are lost when the broker restarts, and from RabbitMQ 4.3 on such a queue cannot be declared any
more: the next upgrade takes it away. Slingshot uses it as it is, and declares durable ones only.",
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
  "queues": [{ "name": "sniff", "vhost": "/", "durable": false, "arguments": {} }]
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
    for (needed, queue) in facts.broker.iter().flat_map(Broker::pairs) {
        if let Some(durable) = queue.durable.as_ref().filter(|durable| !durable.value) {
            findings.push(LiveDeprecatedFeature { needed, durable });
        }
    }
}

/// The queue, and where the broker says it.
struct LiveDeprecatedFeature<'s> {
    needed: &'s NeededQueue<'s>,
    durable: &'s Spanned<bool>,
}

impl Finding for LiveDeprecatedFeature<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        format!("the queue `{}` is transient", self.needed.name)
    }

    fn labels(&self) -> Vec<Label> {
        vec![
            Label::primary(&self.durable.span, "goes when the broker restarts"),
            Label::secondary(self.needed.at, "needed here"),
        ]
    }

    fn help(&self) -> Option<String> {
        Some(
            "let it run empty, stop what reads and feeds it, delete it, and start them again: they declare it \
             durable"
                .to_owned(),
        )
    }
}

//! A queue that is another than Slingshot declares.

use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Label, Persona, Rule, Severity,
};
use crate::{
    definitions::{Argument, ArgumentValue, BrokerQueue},
    facts::Broker,
    queues::{NeededQueue, Role},
    source::Span,
};

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "live-args-mismatch",
    severity: Severity::Error,
    confidence: Confidence::High,
    persona: Persona::Regular,
    family: Family::Broker,
    check: Some(check),
    what: "A queue at the broker has a kind or arguments that keep it from doing what the map means it for.",
    why: "
A queue that is there is used as it is. One with a time to live loses requests that wait their turn, one with a
longest length loses those that come when much is to be done, a tier with another time to live brings messages
back too early or late, and a classic queue is on one node however often the map says `quorum`.",
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
    { "name": "sniff", "vhost": "/", "durable": true, "arguments": { "x-message-ttl": 60000 } }
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

/// Arguments by which a queue loses messages on its own.
const LOSING: [(&str, &str); 4] = [
    ("x-message-ttl", "messages that wait longer are gone"),
    (
        "x-expires",
        "the queue goes when nobody reads it, with its messages",
    ),
    ("x-max-length", "when there are more, some are gone"),
    ("x-max-length-bytes", "when there are more, some are gone"),
];

fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for (needed, queue) in facts.broker.iter().flat_map(Broker::pairs) {
        for (at, difference) in differences(needed, queue) {
            findings.push(LiveArgsMismatch {
                needed,
                at,
                difference,
            });
        }
    }
}

fn differences<'s>(needed: &NeededQueue<'_>, queue: &'s BrokerQueue) -> Vec<(&'s Span, String)> {
    let mut found = Vec::new();
    match needed.role {
        Role::Outbound => return found,
        Role::Inbound | Role::DeadLetters => found.extend(losses(queue)),
        Role::Tier => found.extend(tier(needed, queue)),
    }
    if let Some(auto_delete) = queue.auto_delete.as_ref().filter(|it| it.value) {
        let text = "the queue goes with its last consumer, with its messages".to_owned();
        found.push((&auto_delete.span, text));
    }
    if needed.role == Role::Inbound
        && let Some((name, wanted)) = needed.arguments.first()
        && let ArgumentValue::Text(wanted) = wanted
        && let Some(kind) = queue.kind().filter(|kind| kind != wanted)
    {
        let at = queue.argument(name).map(|argument| &argument.span);
        let at = at.or(queue.kind.as_ref().map(|kind| &kind.span));
        let text = format!("the queue is {kind}, and the map says {wanted}");
        found.push((at.unwrap_or(&queue.name.span), text));
    }
    found
}

fn losses(queue: &BrokerQueue) -> impl Iterator<Item = (&Span, String)> {
    let refuses = ArgumentValue::Text("reject-publish".to_owned());
    let overflow = queue.argument("x-overflow").map(|argument| &argument.value);
    let is_full = overflow != Some(&refuses);
    let losing = LOSING
        .into_iter()
        .filter(move |(name, _)| is_full || !name.contains("length"));
    losing.filter_map(|(name, text)| {
        let Argument { span, value, .. } = queue.argument(name)?;
        Some((span, format!("`{name}` is {value}: {text}")))
    })
}

/// What makes a tier hand its messages back, and when.
fn tier<'s>(needed: &NeededQueue<'_>, queue: &'s BrokerQueue) -> Vec<(&'s Span, String)> {
    let decide = [
        "x-dead-letter-exchange",
        "x-dead-letter-routing-key",
        "x-message-ttl",
    ];
    let wanted = needed
        .arguments
        .iter()
        .filter(|(name, _)| decide.contains(name));
    wanted
        .filter_map(|(name, wanted)| match queue.argument(name) {
            Some(argument) if argument.value == *wanted => None,
            Some(argument) => {
                let text = format!("`{name}` is {}, and must be {wanted}", argument.value);
                Some((&argument.span, text))
            }
            None => Some((
                &queue.name.span,
                format!("`{name}` is missing, and must be {wanted}"),
            )),
        })
        .collect()
}

/// The queue, and what is other about it.
struct LiveArgsMismatch<'s> {
    needed: &'s NeededQueue<'s>,
    at: &'s Span,
    difference: String,
}

impl Finding for LiveArgsMismatch<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        format!(
            "the queue `{}` is not as it has to be: {}",
            self.needed.name, self.difference
        )
    }

    fn labels(&self) -> Vec<Label> {
        vec![
            Label::primary(self.at, "as the broker has it"),
            Label::secondary(self.needed.at, "needed here"),
        ]
    }

    fn help(&self) -> Option<String> {
        Some(
            "arguments do not change: let the queue run empty, delete it, and start its service, which declares \
             it"
                .to_owned(),
        )
    }
}

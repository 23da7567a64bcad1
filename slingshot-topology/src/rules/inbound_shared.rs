//! Two services that take each other's messages.

use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Label, Persona, Rule, Severity,
};
use crate::{
    diagnostic::{Explained, Symptom},
    system::Service,
};

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "inbound-shared",
    severity: Severity::Error,
    confidence: Confidence::High,
    persona: Persona::Regular,
    family: Family::Graph,
    check: Some(check),
    what: "Two services read the same queue.",
    why: "
The broker deals a queue's messages out among its readers: each of the two gets some, and neither all. To
let several processes share the work, run replicas of one service; to give both every message, route to two
queues. Services that share a queue on purpose, such as an old and a new version side by side, say so with the
same `group`.",
    before: Example::Toml(
        r#"
[topology]
sources = ["files"]
sinks = []

[services.sniff]
in = "files"
out = []

[services.words]
in = "files"
out = []
"#,
    ),
    after: Example::Toml(
        r#"
[topology]
sources = ["files"]
sinks = []

[services.sniff]
in = "files"
out = [{ case = "text", queues = ["words"] }]

[services.words]
in = "words"
out = []
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
            if !are_one_group(first, second) {
                findings.push(InboundShared {
                    first,
                    second,
                    alone: facts.loose().feeder_of(None),
                });
            }
        }
    }
}

fn are_one_group(first: &Service, second: &Service) -> bool {
    match (&first.group, &second.group) {
        (Some(first), Some(second)) => first.value == second.value,
        _ => false,
    }
}

/// The two services.
struct InboundShared<'s> {
    first: &'s Service,
    second: &'s Service,
    /// The only queue that nobody reads.
    alone: Option<&'s str>,
}

impl Finding for InboundShared<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        let (first, second) = (&self.first.name.value, &self.second.name.value);
        format!("the services `{first}` and `{second}` read the same queue")
    }

    fn labels(&self) -> Vec<Label> {
        let first = format!("`{}` reads it too", self.first.name.value);
        vec![
            Label::primary(
                &self.second.inbound.span,
                "each message reaches only one of them",
            ),
            Label::secondary(&self.first.inbound.span, first),
        ]
    }

    /// One of them may have had a queue of its own.
    fn explains(&self) -> Vec<Explained> {
        let own = [self.first, self.second].map(|service| &*service.name.value);
        let alone = own.into_iter().chain(self.alone);
        let alone = alone.map(|name| Symptom::Unread(name.to_owned()));
        alone.map(Explained::This).collect()
    }

    fn help(&self) -> Option<String> {
        Some("give each its own queue, and route the case to both; or say with `group = \"..\"` in both that they share the work".to_owned())
    }
}

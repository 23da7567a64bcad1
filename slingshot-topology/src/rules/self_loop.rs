//! A service that feeds itself.

use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Label, Persona, Rule, Severity,
};
use crate::{system::Service, wiring::Feed};

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "self-loop",
    severity: Severity::Warning,
    confidence: Confidence::High,
    persona: Persona::Regular,
    family: Family::Graph,
    check: Some(check),
    what: "A service publishes to the queue that it reads.",
    why: "
It is a retry without delay and without a limit: a message that takes this case every time occupies the
service for ever. Return an error to have a message tried again.",
    before: Example::Toml(
        r#"
[topology]
sources = ["sniff"]
sinks = []

[services.sniff]
in = "sniff"
out = [
  { case = "again", queues = ["sniff"] },
  { case = "text", queues = [] },
]
"#,
    ),
    after: Example::Toml(
        r#"
[topology]
sources = ["sniff"]
sinks = []

[services.sniff]
in = "sniff"
out = [{ case = "text", queues = [] }]
"#,
    ),
};

fn check(facts: &Facts<'_>, findings: &mut Findings) {
    // A service that does nothing else is an endless loop and reported as that.
    for members in facts.wiring.loops_with_exit() {
        for &member in members {
            let inbound = facts.wiring.inbound(member);
            for feed in inbound.feeds.iter().filter(|feed| feed.service == member) {
                findings.push(SelfLoop {
                    service: facts.wiring.service(member),
                    feed,
                });
            }
        }
    }
}

/// The service and the route back.
struct SelfLoop<'s> {
    service: &'s Service,
    feed: &'s Feed<'s>,
}

impl Finding for SelfLoop<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        format!("service `{}` feeds its own queue", self.service.name.value)
    }

    fn labels(&self) -> Vec<Label> {
        vec![
            Label::primary(self.feed.at, "comes back at once"),
            Label::secondary(&self.service.inbound.span, "to here"),
        ]
    }

    fn help(&self) -> Option<String> {
        Some("return an error to have a message tried again, with a delay and a limit".to_owned())
    }
}

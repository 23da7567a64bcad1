//! An edge that may not be.

use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Label, Persona, Rule, Severity,
};
use crate::{
    system::{DeniedEdge, Service},
    wiring::Feed,
};

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "policy-edge-denied",
    severity: Severity::Error,
    confidence: Confidence::High,
    persona: Persona::Regular,
    family: Family::Graph,
    check: Some(check),
    what: "A service feeds another straight, and `[[topology.deny]]` forbids it.",
    why: "
Somebody has written down that the one must not get what comes straight from the other, and why. Ways through
other services are allowed; `[[topology.require]]` says through which.",
    before: Example::Toml(
        r#"
[topology]
sources = ["upload"]

[[topology.deny]]
from = "tag:ingest"
to = "tag:billing"
reason = "uploads are not trusted before a check"

[services.upload]
in = "upload"
tags = ["ingest"]
out = [{ case = "invoice", queues = ["charge"] }]

[services.charge]
in = "charge"
tags = ["billing"]
out = []
"#,
    ),
    after: Example::Toml(
        r#"
[topology]
sources = ["upload"]

[[topology.deny]]
from = "tag:ingest"
to = "tag:billing"
reason = "uploads are not trusted before a check"

[services.upload]
in = "upload"
tags = ["ingest"]
out = [{ case = "invoice", queues = ["verify"] }]

[services.verify]
in = "verify"
out = [
  { case = "genuine", queues = ["charge"] },
  { case = "forged", queues = [] },
]

[services.charge]
in = "charge"
tags = ["billing"]
out = []
"#,
    ),
};

fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let wiring = &facts.wiring;
    for denied in &facts.system.denied {
        for &from in facts.groups().members(&denied.from.value) {
            let steps = wiring.steps(from);
            let broken = steps.filter(|(_, to)| wiring.service(*to).is_in(&denied.to.value));
            for (feed, to) in broken {
                findings.push(PolicyEdgeDenied {
                    denied,
                    feed,
                    from: wiring.service(from),
                    to: wiring.service(to),
                });
            }
        }
    }
}

/// The edge, and what forbids it.
struct PolicyEdgeDenied<'s> {
    denied: &'s DeniedEdge,
    feed: &'s Feed<'s>,
    from: &'s Service,
    to: &'s Service,
}

impl Finding for PolicyEdgeDenied<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        format!(
            "`{}` must not feed `{}` straight",
            self.from.name.value, self.to.name.value
        )
    }

    fn labels(&self) -> Vec<Label> {
        let DeniedEdge { from, to, reason } = self.denied;
        let reason = reason.as_deref().unwrap_or("these may not feed the others");
        vec![
            Label::primary(self.feed.at, "feeds it here"),
            Label::secondary(&self.to.inbound.span, "is read here"),
            Label::secondary(&from.span, reason),
            Label::secondary(&to.span, "forbidden here"),
        ]
    }

    fn help(&self) -> Option<String> {
        Some("route the case through a service that both may use, or change the rule".to_owned())
    }
}

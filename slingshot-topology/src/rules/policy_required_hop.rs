//! A way round a service that all must pass.

use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Label, Persona, Rule, Severity,
    steps_round,
};
use crate::{
    system::{Group, RequiredHop},
    wiring::Way,
};

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "policy-required-hop",
    severity: Severity::Error,
    confidence: Confidence::High,
    persona: Persona::Regular,
    family: Family::Graph,
    check: Some(check),
    what: "A way from one service to another leaves out a third that `[[topology.require]]` puts between them.",
    why: "
Moderation, redaction, a virus scan: what must see everything does so only while no way leads past it, and a
new route is quickly drawn. The finding shows the shortest way round.",
    before: Example::Toml(
        r#"
[topology]
sources = ["upload"]
sinks = ["site"]

[[topology.require]]
from = "upload"
to = "publish"
through = "moderate"
reason = "nobody sees what nobody has looked at"

[services.upload]
in = "upload"
out = [
  { case = "text", queues = ["moderate"] },
  { case = "image", queues = ["resize"] },
]

[services.resize]
in = "resize"
out = [{ case = "done", queues = ["publish"] }]

[services.moderate]
in = "moderate"
out = [
  { case = "fine", queues = ["publish"] },
  { case = "not", queues = [] },
]

[services.publish]
in = "publish"
out = [{ case = "done", queues = ["site"] }]
"#,
    ),
    after: Example::Toml(
        r#"
[topology]
sources = ["upload"]
sinks = ["site"]

[[topology.require]]
from = "upload"
to = "publish"
through = "moderate"
reason = "nobody sees what nobody has looked at"

[services.upload]
in = "upload"
out = [
  { case = "text", queues = ["moderate"] },
  { case = "image", queues = ["resize"] },
]

[services.resize]
in = "resize"
out = [{ case = "done", queues = ["moderate"] }]

[services.moderate]
in = "moderate"
out = [
  { case = "fine", queues = ["publish"] },
  { case = "not", queues = [] },
]

[services.publish]
in = "publish"
out = [{ case = "done", queues = ["site"] }]
"#,
    ),
};

fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let wiring = &facts.wiring;
    for required in &facts.system.required {
        let passes = |service: usize| wiring.service(service).is_in(&required.through.value);
        let members = facts.groups().members(&required.from.value).iter().copied();
        let starts: Vec<_> = members.filter(|&service| !passes(service)).collect();
        let way = wiring.way(
            &starts,
            |service| wiring.service(service).is_in(&required.to.value),
            |service| !passes(service),
        );
        if let Some(way) = way {
            findings.push(PolicyRequiredHop {
                required,
                path: wiring.named(&way),
                way,
            });
        }
    }
}

/// What is required, and the shortest way round it.
struct PolicyRequiredHop<'s> {
    required: &'s RequiredHop,
    path: String,
    way: Way<'s, 's>,
}

impl Finding for PolicyRequiredHop<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        let through = match &self.required.through.value {
            Group::Service(name) => format!("`{name}`"),
            Group::Tag(tag) => format!("any service with the tag `{tag}`"),
        };
        format!("{} does not pass {through}", self.path)
    }

    fn labels(&self) -> Vec<Label> {
        let reason = self.required.reason.as_deref();
        let mut labels = steps_round(&self.way.steps);
        labels.push(Label::secondary(
            &self.required.through.span,
            reason.unwrap_or("every way has to pass here"),
        ));
        labels
    }

    fn help(&self) -> Option<String> {
        Some("route one of these steps to it, or change the rule".to_owned())
    }
}

//! A loop that nothing enters.

use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Label, Persona, Rule, Severity,
};
use crate::system::Service;

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "service-unreachable",
    severity: Severity::Warning,
    confidence: Confidence::High,
    persona: Persona::Regular,
    family: Family::Graph,
    check: Some(check),
    what: "Services feed only each other, and no source leads to them.",
    why: "
The queues have producers, so that each service looks busy on paper; but no first message can ever come in.",
    before: Example::Toml(
        r#"
[topology]
sources = ["sniff"]
sinks = []

[services.sniff]
in = "sniff"
out = []

[services.review]
in = "review"
out = [
  { case = "wrong", queues = ["fix"] },
  { case = "right", queues = [] },
]

[services.fix]
in = "fix"
out = [{ case = "done", queues = ["review"] }]
"#,
    ),
    after: Example::Toml(
        r#"
[topology]
sources = ["sniff"]
sinks = []

[services.sniff]
in = "sniff"
out = [{ case = "text", queues = ["review"] }]

[services.review]
in = "review"
out = [
  { case = "wrong", queues = ["fix"] },
  { case = "right", queues = [] },
]

[services.fix]
in = "fix"
out = [{ case = "done", queues = ["review"] }]
"#,
    ),
};

fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let wiring = &facts.wiring;
    if !facts.is_bounded() || wiring.loops().next().is_none() {
        return;
    }
    let entrances = wiring.entrances();
    let reached = wiring.downstream(entrances.flat_map(|(_, queue)| queue.readers.iter().copied()));
    for members in wiring.loops() {
        // Loops that are entered by another unreachable one are unreachable because of that one.
        if !members.iter().any(|&member| reached[member]) && wiring.is_closed(members) {
            findings.push(ServiceUnreachable {
                services: members
                    .iter()
                    .map(|&member| wiring.service(member))
                    .collect(),
            });
        }
    }
}

/// The services of the loop.
struct ServiceUnreachable<'s> {
    services: Vec<&'s Service>,
}

impl Finding for ServiceUnreachable<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        let names: Vec<_> = self
            .services
            .iter()
            .map(|service| &*service.name.value)
            .collect();
        match &*names {
            [name] => format!("no source leads to `{name}`, which feeds only itself"),
            names => format!(
                "no source leads to `{}`, which feed only each other",
                names.join("`, `")
            ),
        }
    }

    fn labels(&self) -> Vec<Label> {
        let mut services = self.services.iter();
        let first = services
            .next()
            .map(|s| Label::primary(&s.name.span, "never gets a first message"));
        let others = services.map(|service| Label::secondary(&service.name.span, "nor does this"));
        first.into_iter().chain(others).collect()
    }

    fn help(&self) -> Option<String> {
        Some(
            "route a case of a service outside of the loop to one of them, or declare a source"
                .to_owned(),
        )
    }
}

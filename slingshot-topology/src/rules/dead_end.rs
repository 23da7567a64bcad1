//! A way into an endless loop.

use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Label, Persona, Rule, Severity,
};
use crate::{diagnostic::Symptom, system::Service};

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "dead-end",
    severity: Severity::Warning,
    confidence: Confidence::High,
    persona: Persona::Regular,
    family: Family::Graph,
    check: Some(check),
    what: "Everything that a service sends ends up in a loop without an exit.",
    why: "
Nothing that enters here ever ends. The loop itself is reported as `cycle-no-exit`; this is the way in.",
    before: Example::Toml(
        r#"
[topology]
sources = ["sniff"]
sinks = []

[services.sniff]
in = "sniff"
out = [{ case = "text", queues = ["review"] }]

[services.review]
in = "review"
out = [{ case = "wrong", queues = ["fix"] }]

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
    // Where nothing goes round, everything comes to an end.
    if wiring.loops().next().is_none() {
        return;
    }
    let services = 0..wiring.service_count();
    let ends = services.clone().filter(|&service| wiring.has_end(service));
    let mut can_end = wiring.upstream(ends);
    for member in wiring.endless_loops().flatten() {
        can_end[*member] = true;
    }
    for service in services.filter(|&service| !can_end[service]) {
        findings.push(DeadEnd {
            service: wiring.service(service),
        });
    }
}

/// The service.
struct DeadEnd<'s> {
    service: &'s Service,
}

impl Finding for DeadEnd<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        format!("nothing that `{}` sends ever ends", self.service.name.value)
    }

    fn labels(&self) -> Vec<Label> {
        vec![Label::primary(
            &self.service.routes_at,
            "all routes lead into an endless loop",
        )]
    }

    fn symptom(&self) -> Option<Symptom> {
        Some(Symptom::Endless)
    }
}

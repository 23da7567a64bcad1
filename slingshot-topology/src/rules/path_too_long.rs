//! A very long way through the system.

use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Label, Persona, Rule, Severity,
};
use crate::system::Service;

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "path-too-long",
    severity: Severity::Info,
    confidence: Confidence::High,
    persona: Persona::Pedantic,
    family: Family::Graph,
    check: Some(check),
    what: "A message may pass more than 16 services, loops counted once.",
    why: "
Each hop adds a queue to wait in and a place to fail; and what starts at the one end is hard to follow to
the other.",
    before: Example::Toml(
        r#"
[topology]
sources = ["step-1"]
sinks = []

[services.step-1]
in = "step-1"
out = [{ case = "done", queues = ["step-2"] }]

[services.step-2]
in = "step-2"
out = [{ case = "done", queues = ["step-3"] }]

[services.step-3]
in = "step-3"
out = [{ case = "done", queues = ["step-4"] }]

[services.step-4]
in = "step-4"
out = [{ case = "done", queues = ["step-5"] }]

[services.step-5]
in = "step-5"
out = [{ case = "done", queues = ["step-6"] }]

[services.step-6]
in = "step-6"
out = [{ case = "done", queues = ["step-7"] }]

[services.step-7]
in = "step-7"
out = [{ case = "done", queues = ["step-8"] }]

[services.step-8]
in = "step-8"
out = [{ case = "done", queues = ["step-9"] }]

[services.step-9]
in = "step-9"
out = [{ case = "done", queues = ["step-10"] }]

[services.step-10]
in = "step-10"
out = [{ case = "done", queues = ["step-11"] }]

[services.step-11]
in = "step-11"
out = [{ case = "done", queues = ["step-12"] }]

[services.step-12]
in = "step-12"
out = [{ case = "done", queues = ["step-13"] }]

[services.step-13]
in = "step-13"
out = [{ case = "done", queues = ["step-14"] }]

[services.step-14]
in = "step-14"
out = [{ case = "done", queues = ["step-15"] }]

[services.step-15]
in = "step-15"
out = [{ case = "done", queues = ["step-16"] }]

[services.step-16]
in = "step-16"
out = [{ case = "done", queues = ["step-17"] }]

[services.step-17]
in = "step-17"
out = []
"#,
    ),
    after: Example::Toml(
        r#"
[topology]
sources = ["step-1"]
sinks = []

[services.step-1]
in = "step-1"
out = [{ case = "done", queues = ["step-2"] }]

[services.step-2]
in = "step-2"
out = []
"#,
    ),
};

/// More than a reader keeps in mind.
const LONG: usize = 16;

fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let path = facts.wiring.longest_path();
    if let (true, Some(&first), Some(&last)) = (path.len() > LONG, path.first(), path.last()) {
        findings.push(PathTooLong {
            hops: path.len(),
            first: facts.wiring.service(first),
            last: facts.wiring.service(last),
        });
    }
}

/// The ends of the path, and how many services it has.
struct PathTooLong<'s> {
    hops: usize,
    first: &'s Service,
    last: &'s Service,
}

impl Finding for PathTooLong<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        let (first, last) = (&self.first.name.value, &self.last.name.value);
        format!(
            "the way from `{first}` to `{last}` passes {} services",
            self.hops
        )
    }

    fn labels(&self) -> Vec<Label> {
        vec![
            Label::primary(&self.first.name.span, "starts here"),
            Label::secondary(&self.last.name.span, "ends here"),
        ]
    }
}

//! What was not looked at.

use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Label, Persona, Rule, Severity,
};
use crate::source::Span;

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "check-incomplete",
    severity: Severity::Info,
    confidence: Confidence::High,
    persona: Persona::Auditor,
    family: Family::Hygiene,
    check: Some(check),
    what: "Some rules had nothing to look at.",
    why: "
A check without sources proves less than one with them, and says so to those who ask.",
    before: Example::Toml(
        r#"
[topology]
sources = ["sniff"]

[services.sniff]
in = "sniff"
out = [{ case = "done", queues = [] }]
"#,
    ),
    after: Example::Complete {
        previous: r#"
[topology]
sources = ["sniff"]

[rates]
sniff = "50/s"

[services.sniff]
in = "sniff"
out = [{ case = "text", queues = [] }]
"#,
        toml: r#"
[topology]
sources = ["sniff"]

[rates]
sniff = "50/s"

[services.sniff]
in = "sniff"
out = [{ case = "text", queues = [] }]
"#,
        rust: r#"
#[derive(Case)]
enum Kind { Text }

#[microservice(name = "sniff")]
fn process(request: u64) -> (u64, Kind) {
    (request, Kind::Text)
}
"#,
    },
};

fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let Some(start) = &facts.system.start else {
        return;
    };
    let missing = [
        (
            facts.code.is_none(),
            "the code: there are no sources to hold against the map",
        ),
        (
            facts.previous.is_none(),
            "changes: there is no earlier revision (`--against`)",
        ),
        (
            facts.system.rates.is_empty(),
            "capacity: no `[rates]` say how fast the sources are fed",
        ),
    ];
    for (_, what) in missing.into_iter().filter(|(is_missing, _)| *is_missing) {
        findings.push(CheckIncomplete { what, start });
    }
}

/// What was not looked at, and why.
struct CheckIncomplete<'s> {
    what: &'static str,
    start: &'s Span,
}

impl Finding for CheckIncomplete<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        format!("nothing was checked of {}", self.what)
    }

    fn labels(&self) -> Vec<Label> {
        vec![Label::primary(self.start, "not looked at")]
    }
}

//! A route that no result takes.

use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Label, Persona, Rule, Severity, Span,
};
use crate::{
    diagnostic::Symptom,
    system::{Route, Service},
};

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "case-never-emitted",
    severity: Severity::Warning,
    confidence: Confidence::High,
    persona: Persona::Regular,
    family: Family::Code,
    check: Some(check),
    what: "A service routes a case that its function cannot return.",
    why: "
The queues of the route never get anything from here. Most often the case was renamed or removed in the
code.",
    before: Example::WithCode {
        toml: r#"
[topology]
sources = ["sniff"]
sinks = ["words"]

[services.sniff]
in = "sniff"
out = [
  { case = "text", queues = ["words"] },
  { case = "image", queues = [] },
  { case = "html", queues = ["words"] },
]
"#,
        rust: r#"
#[derive(Case)]
enum Kind {
    Text,
    Image,
}

#[microservice(name = "sniff")]
fn sniff(request: u64) -> (u64, Kind) {
    // ..
}
"#,
    },
    after: Example::WithCode {
        toml: r#"
[topology]
sources = ["sniff"]
sinks = ["words"]

[services.sniff]
in = "sniff"
out = [
  { case = "text", queues = ["words"] },
  { case = "image", queues = [] },
]
"#,
        rust: r#"
#[derive(Case)]
enum Kind {
    Text,
    Image,
}

#[microservice(name = "sniff")]
fn sniff(request: u64) -> (u64, Kind) {
    // ..
}
"#,
    },
};

fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for pair in facts.returned_cases() {
        // A route that looks like a slip is shown with the case that it was meant for.
        let slip_of = |case| pair.mistyped(case).or_else(|| pair.misspelt(case));
        let slips = pair.unrouted().filter_map(slip_of);
        let slips: Vec<_> = slips.map(|route| &route.case.value).collect();
        for route in pair
            .untaken()
            .filter(|route| !slips.contains(&&route.case.value))
        {
            findings.push(CaseNeverEmitted {
                route,
                service: pair.service,
                code: pair.at,
            });
        }
    }
}

/// The route, and the function.
struct CaseNeverEmitted<'s> {
    service: &'s Service,
    route: &'s Route,
    code: &'s Span,
}

impl Finding for CaseNeverEmitted<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        let (name, case) = (&self.service.name.value, &self.route.case.value);
        format!("service `{name}` never returns the case {case}")
    }

    fn labels(&self) -> Vec<Label> {
        vec![
            Label::primary(&self.route.case.span, "no result takes this route"),
            Label::secondary(self.code, "none of its cases is this one"),
        ]
    }

    fn symptom(&self) -> Option<Symptom> {
        Some(Symptom::Untaken(self.service.name.value.to_string()))
    }

    fn help(&self) -> Option<String> {
        Some("remove the route, or return the case".to_owned())
    }
}

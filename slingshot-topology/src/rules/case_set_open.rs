//! A function whose cases nobody can list.

use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Label, Persona, Rule, Severity, Span,
};
use crate::dialect::Dialect;
use crate::{code::Cases, system::Service};

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "case-set-open",
    severity: Severity::Info,
    confidence: Confidence::High,
    persona: Persona::Regular,
    family: Family::Code,
    check: Some(check),
    what: "A function returns cases of an open type, a string or an integer, or of a type that the scan could not follow.",
    why: "
Whether each case has a route is proven only where the cases can be listed: for a `bool`, and for an enum with
`#[derive(Case)]`. Of any other type the check knows nothing, and a case without a route is found at work.",
    before: Example::WithCode {
        toml: r#"
[topology]
sources = ["check"]
sinks = ["words"]

[services.check]
in = "check"
out = [
  { case = "fine", queues = ["words"] },
]
"#,
        rust: r#"
#[microservice(name = "check")]
fn check(request: u64) -> (u64, String) {
    // ..
}
"#,
    },
    after: Example::WithCode {
        toml: r#"
[topology]
sources = ["check"]
sinks = ["words"]

[services.check]
in = "check"
out = [
  { case = "fine", queues = ["words"] },
]
"#,
        rust: r#"
#[derive(Case)]
enum Kind {
    Fine,
}

#[microservice(name = "check")]
fn check(request: u64) -> (u64, Kind) {
    // ..
}
"#,
    },
};

fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for (service, code) in facts.implemented() {
        if matches!(code.cases, Cases::Open(_)) {
            findings.push(CaseSetOpen {
                service,
                code: &code.at,
            });
        }
    }
}

/// The service, and its function.
struct CaseSetOpen<'s> {
    service: &'s Service,
    code: &'s Span,
}

impl Finding for CaseSetOpen<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        format!(
            "the cases of service `{}` cannot be held against its routes",
            self.service.name.value
        )
    }

    fn labels(&self) -> Vec<Label> {
        vec![
            Label::primary(self.code, "may return any case"),
            Label::secondary(&self.service.routes_at, "these are all that arrive"),
        ]
    }

    fn help(&self) -> Option<String> {
        Some(Dialect::at(self.code).closed_cases().to_owned())
    }
}

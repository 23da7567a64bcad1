//! A case of the right look and the wrong type.

use super::{
    Confidence, Edit, Example, Facts, Family, Finding, Findings, Fix, Label, Persona, Rule,
    Severity,
};
use crate::{
    CaseValue, Spanned,
    system::{Route, Service},
};

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "case-type-mismatch",
    severity: Severity::Error,
    confidence: Confidence::High,
    persona: Persona::Regular,
    family: Family::Code,
    check: Some(check),
    what: "A function returns a case that its service routes as a value of another type: `true` as `\"true\"`, `1` as `\"1\"`.",
    why: "
Cases of different types are different cases, however alike they look: the result finds no route and becomes a dead
letter, and the route gets nothing.",
    before: Example::WithCode {
        toml: r#"
[topology]
sources = ["check"]
sinks = ["words"]

[services.check]
in = "check"
out = [
  { case = "true", queues = ["words"] },
  { case = false, queues = [] },
]
"#,
        rust: r#"
#[microservice(name = "check")]
fn check(request: u64) -> (u64, bool) {
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
  { case = true, queues = ["words"] },
  { case = false, queues = [] },
]
"#,
        rust: r#"
#[microservice(name = "check")]
fn check(request: u64) -> (u64, bool) {
    // ..
}
"#,
    },
};

fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for pair in facts.returned_cases() {
        for case in pair.unrouted() {
            if let Some(route) = pair.mistyped(case) {
                findings.push(CaseTypeMismatch {
                    service: pair.service,
                    case,
                    route,
                });
            }
        }
    }
}

/// The case, and the route that was meant for it.
struct CaseTypeMismatch<'s> {
    service: &'s Service,
    case: &'s Spanned<CaseValue>,
    route: &'s Route,
}

impl Finding for CaseTypeMismatch<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        let (case, routed) = (&self.case.value, &self.route.case.value);
        format!(
            "service `{}` returns the {} {case} and routes the {} {routed}",
            self.service.name.value,
            case.kind(),
            routed.kind()
        )
    }

    fn labels(&self) -> Vec<Label> {
        let kinds = [&self.route.case.value, &self.case.value].map(CaseValue::kind);
        vec![
            Label::primary(
                &self.route.case.span,
                format!("the {} is never returned", kinds[0]),
            ),
            Label::secondary(&self.case.span, format!("the {} is", kinds[1])),
        ]
    }

    fn help(&self) -> Option<String> {
        Some(format!("write `case = {}`", self.case.value))
    }

    fn fixes(&self) -> Vec<Fix> {
        let case = self.case.value.to_string();
        let title = format!("write `case = {case}`");
        vec![Fix::proposed(
            title,
            vec![Edit::new(&self.route.case.span, case)],
        )]
    }
}

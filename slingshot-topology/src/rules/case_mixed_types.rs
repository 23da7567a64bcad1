//! Cases of several types in one service.

use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Label, Persona, Rule, Severity,
};
use std::mem::discriminant;

use super::case_lookalike::appearance;
use crate::{
    hashing::HashSet,
    system::{Route, Service},
};

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "case-mixed-types",
    severity: Severity::Warning,
    confidence: Confidence::Medium,
    persona: Persona::Regular,
    family: Family::Cases,
    check: Some(check),
    what: "A service routes cases of different types: booleans, integers and strings.",
    why: "
A function returns one type of case. Cases of another type are routes that no result takes, unless an enum
mixes them on purpose.",
    before: Example::Toml(
        r#"
[topology]
sources = ["review"]
sinks = ["words"]

[services.review]
in = "review"
out = [
  { case = "text", queues = ["words"] },
  { case = 3, queues = [] },
]
"#,
    ),
    after: Example::Toml(
        r#"
[topology]
sources = ["review"]
sinks = ["words"]

[services.review]
in = "review"
out = [
  { case = "text", queues = ["words"] },
  { case = "three", queues = [] },
]
"#,
    ),
};

fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for service in facts.unsettled_cases() {
        let mut looks = HashSet::default();
        let mut first: Option<&Route> = None;
        let mut other: Option<&Route> = None;
        let mut has_lookalikes = false;
        for route in &service.routes {
            let first = *first.get_or_insert(route);
            if discriminant(&first.case.value) != discriminant(&route.case.value) {
                other.get_or_insert(route);
            }
            has_lookalikes |= appearance(&route.case.value).is_some_and(|look| !looks.insert(look));
        }
        if let (Some(first), Some(other), false) = (first, other, has_lookalikes) {
            findings.push(CaseMixedTypes {
                service,
                first,
                other,
            });
        }
    }
}

/// The first route, and the first of another type.
struct CaseMixedTypes<'s> {
    service: &'s Service,
    first: &'s Route,
    other: &'s Route,
}

impl Finding for CaseMixedTypes<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        format!(
            "service `{}` routes cases of several types",
            self.service.name.value
        )
    }

    fn labels(&self) -> Vec<Label> {
        vec![
            Label::primary(&self.other.case.span, "of another type"),
            Label::secondary(&self.first.case.span, "than this one"),
        ]
    }
}

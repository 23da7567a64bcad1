//! A case of the right look and the wrong type.

use super::{
    Confidence, Edit, Example, Facts, Family, Finding, Findings, Fix, Label, Persona, Rule,
    Severity,
};
use crate::{
    CaseType, CaseValue, Spanned,
    diagnostic::{Explained, Symptom},
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
    what: "A service routes a case as a value of another type than its function returns: `true` as `\"true\"`, `1` as `\"1\"`.",
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
                    is_uncertain: pair.is_uncertain(case),
                });
            }
        }
    }
    for (service, types) in facts.returned_types() {
        let fits = |route: &&Route| types.iter().any(|it| it.value.has(&route.case.value));
        let mut routes = service.routes.iter().filter(|route| !fits(route));
        if let Some(route) = routes.next() {
            findings.push(RouteOfNoValue {
                service,
                route,
                others: routes.collect(),
                types,
            });
        }
    }
}

/// The case, and the route that was meant for it.
struct CaseTypeMismatch<'s> {
    service: &'s Service,
    case: &'s Spanned<CaseValue>,
    route: &'s Route,
    /// Whether a build may be without the case.
    is_uncertain: bool,
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

    fn explains(&self) -> Vec<Explained> {
        let changed = Symptom::Changed(self.service.name.value.to_string());
        vec![Explained::This(changed)]
    }

    fn help(&self) -> Option<String> {
        Some(format!("write `case = {}`", self.case.value))
    }

    fn severity(&self) -> Severity {
        if self.is_uncertain {
            Severity::Info
        } else {
            RULE.severity
        }
    }

    fn confidence(&self) -> Confidence {
        if self.is_uncertain {
            Confidence::Low
        } else {
            RULE.confidence
        }
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

/// Routes whose cases no value of the returned type is.
struct RouteOfNoValue<'s> {
    service: &'s Service,
    route: &'s Route,
    others: Vec<&'s Route>,
    types: Vec<&'s Spanned<CaseType>>,
}

impl RouteOfNoValue<'_> {
    /// The value that looks the same and can be returned.
    fn meant(&self, route: &Route) -> Option<CaseValue> {
        let same = match &route.case.value {
            CaseValue::Text(text) => CaseValue::Integer(text.parse().ok()?),
            other => CaseValue::Text(other.to_string().into()),
        };
        let mut types = self.types.iter();
        types.any(|it| it.value.has(&same)).then_some(same)
    }
}

impl Finding for RouteOfNoValue<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        let case = &self.route.case.value;
        let kinds = self.types.iter().map(|it| match it.value {
            CaseType::Text => "strings",
            CaseType::Signed => "integers",
            CaseType::Unsigned => "integers from 0",
        });
        let mut kinds: Vec<_> = kinds.collect();
        kinds.dedup();
        format!(
            "service `{}` returns {} and routes the {} {case}",
            self.service.name.value,
            kinds.join(" and "),
            case.kind()
        )
    }

    fn labels(&self) -> Vec<Label> {
        let mut labels = vec![Label::primary(
            &self.route.case.span,
            "no value of the returned type",
        )];
        let others = self.others.iter();
        labels.extend(others.map(|route| Label::secondary(&route.case.span, "nor is this")));
        let types = self.types.iter();
        labels.extend(types.map(|it| Label::secondary(&it.span, "the type of its cases")));
        labels
    }

    fn explains(&self) -> Vec<Explained> {
        let changed = Symptom::Changed(self.service.name.value.to_string());
        vec![Explained::This(changed)]
    }

    fn help(&self) -> Option<String> {
        Some(match self.meant(self.route) {
            Some(meant) => format!("write `case = {meant}`"),
            None => "remove the route, or return another type".to_owned(),
        })
    }

    fn fixes(&self) -> Vec<Fix> {
        let routes = std::iter::once(&self.route).chain(&self.others);
        let fix = |route: &&Route| {
            let meant = self.meant(route)?;
            let edit = Edit::new(&route.case.span, meant.to_string());
            Some(Fix::proposed(format!("write `case = {meant}`"), vec![edit]))
        };
        routes.filter_map(fix).collect()
    }
}

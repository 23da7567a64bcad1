//! Routes in no order.

mod sorting;

use self::sorting::Sorting;
use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Fix, Label, Persona, Rule, Severity,
};
use crate::system::Route;

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "case-order-significant",
    severity: Severity::Info,
    confidence: Confidence::High,
    persona: Persona::Pedantic,
    family: Family::Cases,
    check: Some(check),
    what: "The routes of a service are not sorted by case.",
    why: "
The order means nothing, so that a sorted list gives the smaller difference when a route comes or goes.",
    before: Example::Toml(
        r#"
[topology]
sources = ["review"]
sinks = ["words"]

[services.review]
in = "review"
out = [
  { case = "text", queues = ["words"] },
  { case = "image", queues = [] },
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
  { case = "image", queues = [] },
  { case = "text", queues = ["words"] },
]
"#,
    ),
};

fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for service in facts.peculiar_cases() {
        let later = service.routes.iter().skip(1);
        let unsorted = service.routes.iter().zip(later);
        let mut unsorted = unsorted.filter(|(left, right)| left.case.value > right.case.value);
        if let Some((_, route)) = unsorted.next() {
            findings.push(CaseOrderSignificant {
                route,
                routes: Sorting(&service.routes),
            });
        }
    }
}

/// The first route out of order.
struct CaseOrderSignificant<'s> {
    route: &'s Route,
    routes: Sorting<'s>,
}

impl Finding for CaseOrderSignificant<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        "the routes are not sorted by case".to_owned()
    }

    fn labels(&self) -> Vec<Label> {
        vec![Label::primary(&self.route.case.span, "belongs further up")]
    }

    fn fixes(&self) -> Vec<Fix> {
        let edits = self.routes.sorted();
        let fix = |edits| Fix::safe("sort the routes by case", edits);
        edits.map(fix).into_iter().collect()
    }
}

//! Half of a yes-or-no question.

use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Label, Persona, Rule, Severity,
};
use crate::{CaseValue, system::Route};

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "case-bool-incomplete",
    severity: Severity::Warning,
    confidence: Confidence::High,
    persona: Persona::Regular,
    family: Family::Cases,
    check: Some(check),
    what: "A service routes only one of `true` and `false`.",
    why: "
A function that returns a boolean returns both sooner or later; a result whose case has no route is a dead
letter. The rule speaks where the source is not at hand; otherwise `case-unmapped` knows better.",
    before: Example::Toml(
        r#"
[topology]
sources = ["review"]
sinks = ["accepted"]

[services.review]
in = "review"
out = [
  { case = true, queues = ["accepted"] },
]
"#,
    ),
    after: Example::Toml(
        r#"
[topology]
sources = ["review"]
sinks = ["accepted"]

[services.review]
in = "review"
out = [
  { case = true, queues = ["accepted"] },
  { case = false, queues = [] },
]
"#,
    ),
};

fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for service in facts.unsettled_cases() {
        // Other cases beside it make it something else than a yes-or-no question.
        if let [route] = &*service.routes
            && let CaseValue::Bool(value) = route.case.value
        {
            findings.push(CaseBoolIncomplete { route, value });
        }
    }
}

/// The only route, and its case.
struct CaseBoolIncomplete<'s> {
    route: &'s Route,
    value: bool,
}

impl Finding for CaseBoolIncomplete<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        format!(
            "`{}` has a route and `{}` has none",
            self.value, !self.value
        )
    }

    fn labels(&self) -> Vec<Label> {
        vec![Label::primary(&self.route.case.span, "the only boolean")]
    }

    fn help(&self) -> Option<String> {
        Some(format!(
            "add `{{ case = {}, queues = [] }}` if those results end here",
            !self.value
        ))
    }
}

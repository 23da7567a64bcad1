//! A case without a name.

use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Label, Persona, Rule, Severity,
};
use crate::{CaseValue, system::Route};

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "case-empty-string",
    severity: Severity::Warning,
    confidence: Confidence::High,
    persona: Persona::Regular,
    family: Family::Cases,
    check: Some(check),
    what: "A case is the empty string.",
    why: "
It reads like something that was forgotten, and a function returns it by accident more often than on
purpose.",
    before: Example::Toml(
        r#"
[topology]
sources = ["review"]
sinks = ["words"]

[services.review]
in = "review"
out = [
  { case = "text", queues = ["words"] },
  { case = "", queues = [] },
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
  { case = "unknown", queues = [] },
]
"#,
    ),
};

fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for service in facts.peculiar_cases() {
        for route in &service.routes {
            if matches!(&route.case.value, CaseValue::Text(text) if text.is_empty()) {
                findings.push(CaseEmptyString { route });
            }
        }
    }
}

/// The route.
struct CaseEmptyString<'s> {
    route: &'s Route,
}

impl Finding for CaseEmptyString<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        "a case is the empty string".to_owned()
    }

    fn labels(&self) -> Vec<Label> {
        vec![Label::primary(&self.route.case.span, "no name")]
    }

    fn help(&self) -> Option<String> {
        Some("give the case a name".to_owned())
    }
}

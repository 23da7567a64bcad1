//! A number or boolean in quotes.

use super::case_lookalike::appearance;
use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Label, Persona, Rule, Severity,
};
use crate::{CaseValue, system::Route};

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "case-quoted-scalar",
    severity: Severity::Info,
    confidence: Confidence::Medium,
    persona: Persona::Regular,
    family: Family::Cases,
    check: Some(check),
    what: "The only case of a service is a string that reads like a boolean or an integer.",
    why: "
Most likely the value without quotes was meant, which is another case.",
    before: Example::Toml(
        r#"
[topology]
sources = ["review"]
sinks = ["words"]

[services.review]
in = "review"
out = [
  { case = "1", queues = ["words"] },
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
  { case = 1, queues = ["words"] },
]
"#,
    ),
};

fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for service in facts.peculiar_cases() {
        if let [route] = &*service.routes
            && let CaseValue::Text(_) = &route.case.value
            && appearance(&route.case.value).is_some()
        {
            findings.push(CaseQuotedScalar { route });
        }
    }
}

/// The route.
struct CaseQuotedScalar<'s> {
    route: &'s Route,
}

impl Finding for CaseQuotedScalar<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        format!("the case {} is a string", self.route.case.value)
    }

    fn labels(&self) -> Vec<Label> {
        vec![Label::primary(&self.route.case.span, "in quotes")]
    }

    fn help(&self) -> Option<String> {
        let bare = self.route.case.value.to_string();
        Some(format!(
            "write `{}` if the code returns that",
            bare.trim_matches('"')
        ))
    }
}

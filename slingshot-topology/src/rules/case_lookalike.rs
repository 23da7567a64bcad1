//! Two cases that look the same and are not.

use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Label, Persona, Rule, Severity,
};

use crate::{CaseValue, hashing::HashMap, system::Route};

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "case-lookalike",
    severity: Severity::Error,
    confidence: Confidence::High,
    persona: Persona::Regular,
    family: Family::Cases,
    check: Some(check),
    what: "A service routes both a value and its look-alike of another type, such as `true` and `\"true\"` or `1` and `\"1\"`.",
    why: "
Each is a case of its own, and a function returns one of them: the other route is dead, and a slip in the
code changes where everything goes.",
    before: Example::Toml(
        r#"
[topology]
sources = ["review"]
sinks = ["yes", "archive"]

[services.review]
in = "review"
out = [
  { case = true, queues = ["yes"] },
  { case = "true", queues = ["archive"] },
  { case = false, queues = [] },
]
"#,
    ),
    after: Example::Toml(
        r#"
[topology]
sources = ["review"]
sinks = ["yes", "archive"]

[services.review]
in = "review"
out = [
  { case = true, queues = ["yes", "archive"] },
  { case = false, queues = [] },
]
"#,
    ),
};

fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for service in facts.unsettled_cases() {
        let mut known: HashMap<String, &Route> = HashMap::default();
        for route in &service.routes {
            let Some(look) = appearance(&route.case.value) else {
                continue;
            };
            let first = *known.entry(look).or_insert(route);
            if first.case.value != route.case.value {
                findings.push(CaseLookalike {
                    first,
                    second: route,
                });
            }
        }
    }
}

/// What a case looks like to somebody who does not think of types.
pub(crate) fn appearance(case: &CaseValue) -> Option<String> {
    match case {
        CaseValue::Bool(value) => Some(i32::from(*value).to_string()),
        CaseValue::Integer(value) => Some(value.to_string()),
        CaseValue::Text(text) => match &**text {
            "true" => Some("1".to_owned()),
            "false" => Some("0".to_owned()),
            text if text
                .starts_with(|first: char| first.is_ascii_digit() || "+-".contains(first)) =>
            {
                text.parse().ok().map(|value: i128| value.to_string())
            }
            _ => None,
        },
    }
}

/// The two routes.
struct CaseLookalike<'s> {
    first: &'s Route,
    second: &'s Route,
}

impl Finding for CaseLookalike<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        let (first, second) = (&self.first.case.value, &self.second.case.value);
        format!("the cases {first} and {second} look alike and are different")
    }

    fn labels(&self) -> Vec<Label> {
        let kind = |case: &CaseValue| match case {
            CaseValue::Bool(_) => "a boolean",
            CaseValue::Integer(_) => "an integer",
            CaseValue::Text(_) => "a string",
        };
        vec![
            Label::primary(&self.second.case.span, kind(&self.second.case.value)),
            Label::secondary(&self.first.case.span, kind(&self.first.case.value)),
        ]
    }

    fn help(&self) -> Option<String> {
        Some("keep the one that the code returns".to_owned())
    }
}

//! Two cases that differ in capitals, spaces or hyphens.

use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Label, Persona, Rule, Severity, repeats,
};

use std::borrow::Cow;

use crate::{CaseValue, system::Route};

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "case-near-duplicate",
    severity: Severity::Warning,
    confidence: Confidence::Medium,
    persona: Persona::Regular,
    family: Family::Cases,
    check: Some(check),
    what: "A service routes two strings that differ only in capitals, surrounding spaces, or `-`, `_` and space.",
    why: "
Cases are compared byte by byte: one of the two is most likely a misspelling that no result matches.",
    before: Example::Toml(
        r#"
[topology]
sources = ["review"]
sinks = ["words"]

[services.review]
in = "review"
out = [
  { case = "plain_text", queues = ["words"] },
  { case = "Plain-Text", queues = [] },
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
  { case = "plain_text", queues = ["words"] },
  { case = "image", queues = [] },
]
"#,
    ),
};

fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for service in facts.unsettled_cases() {
        for (first, second) in repeats(&service.routes, |route| normal(&route.case.value)) {
            if first.case.value != second.case.value
                && matches!(second.case.value, CaseValue::Text(_))
            {
                findings.push(CaseNearDuplicate { first, second });
            }
        }
    }
}

/// What is left of a text without what the eye passes over. Other cases are as unlike each other as they are.
fn normal(case: &CaseValue) -> (Option<&CaseValue>, Cow<'_, str>) {
    let CaseValue::Text(text) = case else {
        return (Some(case), Cow::Borrowed(""));
    };
    let text = text.trim();
    let is_normal = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let normal = if text.bytes().all(is_normal) {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(text.to_lowercase().replace(['_', ' '], "-"))
    };
    (None, normal)
}

/// The two routes.
struct CaseNearDuplicate<'s> {
    first: &'s Route,
    second: &'s Route,
}

impl Finding for CaseNearDuplicate<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        let (first, second) = (&self.first.case.value, &self.second.case.value);
        format!("the cases {first} and {second} are almost the same")
    }

    fn labels(&self) -> Vec<Label> {
        vec![
            Label::primary(
                &self.second.case.span,
                "differs in capitals, spaces or hyphens",
            ),
            Label::secondary(&self.first.case.span, "from this one"),
        ]
    }

    fn help(&self) -> Option<String> {
        Some("keep the one that the code returns".to_owned())
    }
}

//! A case that no integer type holds.

use super::{Confidence, Example, Family, Finding, Label, Persona, Rule, Severity, Span};

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "case-int-range",
    severity: Severity::Error,
    confidence: Confidence::High,
    persona: Persona::Regular,
    family: Family::Cases,
    check: None,
    what: "An integer case is below the range of `i64` or above that of `u64`.",
    why: "
No function can return it, and services refuse a sys-map that has it.",
    before: Example::Json(
        r#"
{
  "topology": { "sources": ["grade"], "sinks": [] },
  "grade": { "in": "grade", "out": [{ "case": 18446744073709551616, "queues": [] }] }
}
"#,
    ),
    after: Example::Json(
        r#"
{
  "topology": { "sources": ["grade"], "sinks": [] },
  "grade": { "in": "grade", "out": [{ "case": 18446744073709551615, "queues": [] }] }
}
"#,
    ),
};

/// Where the integer is.
pub(crate) struct CaseIntRange {
    pub(crate) at: Span,
}

impl Finding for CaseIntRange {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        "the case is out of the range of integers".to_owned()
    }

    fn labels(&self) -> Vec<Label> {
        let range = format!("expected {} to {}", i64::MIN, u64::MAX);
        vec![Label::primary(&self.at, range)]
    }
}

//! A case that is a list, a table, a date or nothing.

use super::{Confidence, Example, Family, Finding, Label, Persona, Rule, Severity, Span};

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "case-type-unsupported",
    severity: Severity::Error,
    confidence: Confidence::High,
    persona: Persona::Regular,
    family: Family::Cases,
    check: None,
    what: "A case is neither a boolean, an integer nor a string.",
    why: "
Functions return booleans, integers and strings as cases; no result could ever take this route, and a
service refuses a sys-map that has it.",
    before: Example::Toml(
        r#"
[topology]
sources = ["sniff"]

[services.sniff]
in = "sniff"
out = [{ case = ["text", "image"], queues = [] }]
"#,
    ),
    after: Example::Toml(
        r#"
[topology]
sources = ["sniff"]

[services.sniff]
in = "sniff"
out = [
  { case = "text", queues = [] },
  { case = "image", queues = [] },
]
"#,
    ),
};

/// What stands in place of a case.
pub(crate) struct CaseTypeUnsupported {
    pub(crate) found: &'static str,
    pub(crate) at: Span,
}

impl Finding for CaseTypeUnsupported {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        format!("a case cannot be {}", self.found)
    }

    fn labels(&self) -> Vec<Label> {
        vec![Label::primary(
            &self.at,
            "expected a boolean, an integer or a string",
        )]
    }

    fn help(&self) -> Option<String> {
        (self.found == "a list").then(|| "write one route for each case".to_owned())
    }
}

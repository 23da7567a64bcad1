//! An engine's field with no value, or with several.

use super::{Confidence, Example, Family, Finding, Label, Persona, Rule, Severity, Span};

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "connection-not-single",
    severity: Severity::Error,
    confidence: Confidence::High,
    persona: Persona::Regular,
    family: Family::Input,
    check: None,
    what: "A field of `/rabbitmq`, `/db` or `/object-storage` is a list of none or of several values.",
    why: "
The sys-map's format wraps each value in a list, and services take exactly one from it: a second host
is no fallback, it keeps every service from starting.",
    before: Example::Json(
        r#"
{
  "topology": { "sources": ["sniff"], "sinks": [] },
  "sniff": { "in": "sniff", "out": [] },
  "rabbitmq": { "host": ["a", "b"], "port": [5672], "username": ["u"], "pass": ["rabbit"] }
}
"#,
    ),
    after: Example::Json(
        r#"
{
  "topology": { "sources": ["sniff"], "sinks": [] },
  "sniff": { "in": "sniff", "out": [] },
  "rabbitmq": { "host": ["a"], "port": [5672], "username": ["u"], "pass": ["rabbit"] }
}
"#,
    ),
};

/// A field and how many values it has.
pub(crate) struct ConnectionNotSingle {
    pub(crate) field: &'static str,
    pub(crate) found: usize,
    pub(crate) at: Span,
}

impl Finding for ConnectionNotSingle {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        format!("`{}` must be a list of exactly one value", self.field)
    }

    fn labels(&self) -> Vec<Label> {
        vec![Label::primary(
            &self.at,
            format!("this list has {}", self.found),
        )]
    }
}

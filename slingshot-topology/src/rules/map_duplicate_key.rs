//! A key that stands twice in one table.

use super::{Confidence, Example, Family, Finding, Label, Persona, Rule, Severity, Span};

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "map-duplicate-key",
    severity: Severity::Error,
    confidence: Confidence::High,
    persona: Persona::Regular,
    family: Family::Input,
    check: None,
    what: "A key is written twice in one table.",
    why: "
Readers disagree about which of the two counts: some refuse the file, some keep the first, some the
last. A second `[services.sniff]`, pasted further down, would silently replace or lose a service.",
    before: Example::Json(
        r#"
{
  "topology": { "sources": ["sniff"], "sinks": [] },
  "sniff": { "in": "sniff", "in": "sniff-2", "out": [] }
}
"#,
    ),
    after: Example::Json(
        r#"
{
  "topology": { "sources": ["sniff"], "sinks": [] },
  "sniff": { "in": "sniff", "out": [] }
}
"#,
    ),
};

/// A key and its second place.
pub(crate) struct MapDuplicateKey {
    pub(crate) key: String,
    pub(crate) first: Option<Span>,
    pub(crate) again: Span,
}

impl Finding for MapDuplicateKey {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        format!("the key `{}` is written twice", self.key)
    }

    fn labels(&self) -> Vec<Label> {
        let mut labels = vec![Label::primary(&self.again, "written again here")];
        if let Some(first) = &self.first {
            labels.push(Label::secondary(first, "first written here"));
        }
        labels
    }

    fn help(&self) -> Option<String> {
        Some("keep one of them".to_owned())
    }
}

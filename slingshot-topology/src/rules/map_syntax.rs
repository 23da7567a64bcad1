//! A text that is not TOML or not JSON.

use crate::diagnostic::{Explained, Symptom};

use super::{Confidence, Example, Family, Finding, Label, Persona, Rule, Severity, Span};

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "map-syntax",
    severity: Severity::Error,
    confidence: Confidence::High,
    persona: Persona::Regular,
    family: Family::Input,
    check: None,
    what: "The file breaks the grammar of TOML (or, for a sys-map, of JSON).",
    why: "
What cannot be parsed cannot be served. Everything that could still be read is checked too, so that
one run shows all there is to mend; rules that conclude from the absence of something keep quiet.",
    before: Example::Toml(
        r#"
[services.sniff]
in = sniff"
out = []
"#,
    ),
    after: Example::Toml(
        r#"
[topology]
sources = ["sniff"]

[services.sniff]
in = "sniff"
out = []
"#,
    ),
};

/// The parser's complaint.
pub(crate) struct MapSyntax {
    pub(crate) message: String,
    pub(crate) at: Span,
    /// The bracket that it is about, if that is elsewhere.
    pub(crate) opened: Option<Span>,
}

impl Finding for MapSyntax {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        format!("the file cannot be parsed: {}", self.message)
    }

    fn labels(&self) -> Vec<Label> {
        let opened = self.opened.iter();
        let opened = opened.map(|opened| Label::secondary(opened, "opened here"));
        let mut labels = vec![Label::primary(&self.at, self.message.clone())];
        labels.extend(opened);
        labels
    }

    fn explains(&self) -> Vec<Explained> {
        let every = |symptom: &Symptom| matches!(symptom, Symptom::Missing { .. });
        vec![Explained::Every(every)]
    }
}

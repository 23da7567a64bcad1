//! A text that is not TOML or not JSON.

use crate::diagnostic::Explained;

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

/// A longer line is a whole map, and names every field.
const LONGEST_LINE: usize = 200;

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
        let text = &self.at.file.text;
        let at = text.floor_char_boundary(self.at.start);
        let start = text.get(..at).and_then(|before| before.rfind('\n'));
        let line = text.get(start.map_or(0, |end| end + 1)..);
        let line = line
            .and_then(|rest| rest.lines().next())
            .unwrap_or_default();
        let is_short = line.len() < LONGEST_LINE;
        let fields = is_short.then(|| Explained::FieldsOf {
            path: self.at.file.path.clone(),
            line: line.to_owned(),
        });
        fields.into_iter().collect()
    }
}

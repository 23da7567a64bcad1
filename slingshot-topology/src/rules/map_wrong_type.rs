//! A value of another type than its field's.

use super::{
    Confidence, Edit, Example, Family, Finding, Fix, Label, Persona, Rule, Severity, Span,
};

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "map-wrong-type",
    severity: Severity::Error,
    confidence: Confidence::High,
    persona: Persona::Regular,
    family: Family::Input,
    check: None,
    what: "A value is not of the type, or not in the range, that its field takes.",
    why: "
A service refuses an answer of another shape and does not start. The commonest slip is one queue
where a list of queues belongs.",
    before: Example::Toml(
        r#"
[topology]
sources = ["sniff"]
sinks = ["words"]

[services.sniff]
in = "sniff"
out = [{ case = "text", queues = "words" }]
"#,
    ),
    after: Example::Toml(
        r#"
[topology]
sources = ["sniff"]
sinks = ["words"]

[services.sniff]
in = "sniff"
out = [{ case = "text", queues = ["words"] }]
"#,
    ),
};

/// What was expected and what is there.
pub(crate) struct MapWrongType {
    pub(crate) place: String,
    pub(crate) expected: &'static str,
    pub(crate) found: &'static str,
    pub(crate) at: Span,
}

impl MapWrongType {
    /// The list with what stands there as its only item.
    fn list(&self) -> Option<String> {
        let is_text = self.found == "a string" && !self.at.text().contains('\n');
        let is_item = self.expected == "a list of strings" && is_text;
        is_item.then(|| format!("[{}]", self.at.text()))
    }
}

impl Finding for MapWrongType {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        format!("{} must be {}", self.place, self.expected)
    }

    fn labels(&self) -> Vec<Label> {
        vec![Label::primary(&self.at, format!("this is {}", self.found))]
    }

    fn help(&self) -> Option<String> {
        self.list().map(|list| format!("write `{list}`"))
    }

    fn fixes(&self) -> Vec<Fix> {
        let fix =
            |list: String| Fix::proposed("make it a list of one", vec![Edit::new(&self.at, list)]);
        self.list().map(fix).into_iter().collect()
    }
}

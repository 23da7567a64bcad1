//! A field that must be there and is not.

use super::{Confidence, Example, Family, Finding, Label, Persona, Rule, Severity, Span};
use crate::diagnostic::Symptom;

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "map-missing-field",
    severity: Severity::Error,
    confidence: Confidence::High,
    persona: Persona::Regular,
    family: Family::Input,
    check: None,
    what: "A service, a route or an engine lacks a field that it cannot do without.",
    why: r#"
A service whose answer has no `in` or no `out` refuses to start, and so does one whose route has no
`case` or no `queues`. Results that are to end at a service are declared with `queues = []`. A service
that returns nothing needs no `out` in `slingshot.toml`; in a sys-map of JSON it has `"out": []`."#,
    before: Example::Toml(
        r#"
[topology]
sources = ["sniff"]

[services.sniff]
in = "sniff"
out = [{ case = "text" }]
"#,
    ),
    after: Example::Toml(
        r#"
[topology]
sources = ["sniff"]

[services.sniff]
in = "sniff"
out = [{ case = "text", queues = [] }]
"#,
    ),
};

/// A field and the table that lacks it.
pub(crate) struct MapMissingField {
    pub(crate) field: &'static str,
    pub(crate) place: String,
    pub(crate) at: Span,
}

impl Finding for MapMissingField {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        format!("{} has no `{}`", self.place, self.field)
    }

    fn labels(&self) -> Vec<Label> {
        vec![Label::primary(
            &self.at,
            format!("`{}` is missing", self.field),
        )]
    }

    fn symptom(&self) -> Option<Symptom> {
        Some(Symptom::Missing {
            path: self.at.file.path.clone(),
            place: self.place.clone(),
            field: self.field,
        })
    }

    fn help(&self) -> Option<String> {
        let is_route = self.place == "a route";
        let help = match self.field {
            "in" => "add the queue that the service reads: `in = \"..\"`",
            "out" => "add the routes of its results; a service without results has `out = []`",
            "case" if is_route => "add the case that this route is for: `case = \"..\"`",
            "queues" if is_route => {
                "add the queues that get the id; results that end here have `queues = []`"
            }
            _ => return None,
        };
        Some(help.to_owned())
    }
}

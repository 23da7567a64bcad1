//! A field that nothing reads.

use super::{
    Confidence, Edit, Example, Family, Finding, Fix, Label, Persona, Rule, Severity, Span,
};
use crate::diagnostic::{Explained, Symptom};

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "map-unknown-field",
    severity: Severity::Error,
    confidence: Confidence::High,
    persona: Persona::Regular,
    family: Family::Input,
    check: None,
    what: "A field has a name that means nothing where it stands.",
    why: "
Services pass over fields that they do not know, so that a misspelt `prefetch` has no effect and
nobody is told. In a sys-map of JSON, keys that start with `x-` are free for notes.",
    before: Example::Toml(
        r#"
[topology]
sources = ["sniff"]

[services.sniff]
in = "sniff"
out = []
prefetsh = 20
"#,
    ),
    after: Example::Toml(
        r#"
[topology]
sources = ["sniff"]

[services.sniff]
in = "sniff"
out = []
prefetch = 20
"#,
    ),
};

/// The field, and those that it could have been.
pub(crate) struct MapUnknownField {
    pub(crate) field: String,
    pub(crate) place: String,
    pub(crate) legal: &'static [&'static str],
    /// One of them that is not there.
    pub(crate) meant: Option<&'static str>,
    pub(crate) at: Span,
}

impl Finding for MapUnknownField {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        format!("{} has no field `{}`", self.place, self.field)
    }

    fn labels(&self) -> Vec<Label> {
        vec![Label::primary(&self.at, "nothing reads this")]
    }

    fn help(&self) -> Option<String> {
        let legal = self.legal.join("`, `");
        Some(match self.meant {
            Some(meant) => format!("did you mean `{meant}`? the fields are `{legal}`"),
            None => format!("the fields are `{legal}`"),
        })
    }

    /// What was likely meant is missing where it was meant.
    fn severity(&self) -> Severity {
        if self.meant.is_some() {
            RULE.severity
        } else {
            Severity::Warning
        }
    }

    fn explains(&self) -> Vec<Explained> {
        let missing = self.meant.map(|field| Symptom::Missing {
            path: self.at.file.path.clone(),
            place: self.place.clone(),
            field,
        });
        missing.into_iter().map(Explained::This).collect()
    }

    fn fixes(&self) -> Vec<Fix> {
        let fix = |meant: &str| {
            Fix::proposed(
                format!("write `{meant}`"),
                vec![Edit::name(&self.at, meant)],
            )
        };
        self.meant.map(fix).into_iter().collect()
    }
}

//! A system of nothing.

use super::{Example, Finding, Label, Persona, Rule, Severity, Span};

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "no-services",
    severity: Severity::Error,
    persona: Persona::Regular,
    what: "The file declares no service.",
    why: "
A check that had nothing to check proves nothing, and a green light for the wrong file is worse than
none.",
    before: Example::Toml(
        r#"
[system]
name = "documents"
"#,
    ),
    after: Example::Toml(
        r#"
[system]
name = "documents"

[topology]
sources = ["sniff"]

[services.sniff]
in = "sniff"
out = []
"#,
    ),
};

/// The file's start.
pub(crate) struct NoServices {
    pub(crate) at: Span,
}

impl Finding for NoServices {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        "the file declares no service".to_owned()
    }

    fn labels(&self) -> Vec<Label> {
        vec![Label::primary(&self.at, "no service in this file")]
    }

    fn help(&self) -> Option<String> {
        Some("add a section such as `[services.sniff]` with `in` and `out`".to_owned())
    }
}

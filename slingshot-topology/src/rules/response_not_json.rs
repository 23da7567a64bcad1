//! A web page that was saved as a sys-map.

use super::{Confidence, Example, Family, Finding, Label, Persona, Rule, Severity, Span};

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "response-not-json",
    severity: Severity::Error,
    confidence: Confidence::High,
    persona: Persona::Regular,
    family: Family::Input,
    check: None,
    what: "A saved sys-map holds HTML or XML.",
    why: "
A login page, a proxy's error or a redirect was saved in place of the sys-map's answer.",
    before: Example::Json("<!doctype html><title>Sign in</title>"),
    after: Example::Json(
        r#"
{
  "topology": { "sources": ["sniff"], "sinks": [] },
  "sniff": { "in": "sniff", "out": [] }
}
"#,
    ),
};

/// Where the markup starts.
pub(crate) struct ResponseNotJson {
    pub(crate) at: Span,
}

impl Finding for ResponseNotJson {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        "this is a web page, and not JSON".to_owned()
    }

    fn labels(&self) -> Vec<Label> {
        vec![Label::primary(&self.at, "markup starts here")]
    }

    fn help(&self) -> Option<String> {
        Some("fetch it again, past any login or proxy".to_owned())
    }
}

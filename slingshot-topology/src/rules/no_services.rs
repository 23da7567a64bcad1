//! A system of nothing.

use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Label, Persona, Rule, Severity, Span,
};

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "no-services",
    severity: Severity::Error,
    confidence: Confidence::High,
    persona: Persona::Regular,
    family: Family::Input,
    check: Some(check),
    what: "The file declares no service, and nothing answers requests either.",
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

fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let system = facts.system;
    let handles = facts.code.is_some_and(|code| !code.handlers.is_empty());
    if system.services.is_empty()
        && system.http.is_none()
        && system.complete
        && !handles
        && let Some(at) = &system.start
    {
        findings.push(NoServices { at });
    }
}

/// The file's start.
struct NoServices<'s> {
    at: &'s Span,
}

impl Finding for NoServices<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        "the file declares no service".to_owned()
    }

    fn labels(&self) -> Vec<Label> {
        vec![Label::primary(self.at, "no service in this file")]
    }

    fn help(&self) -> Option<String> {
        Some(
            "add a section such as `[services.sniff]` with `in` and `out`, or `[http]` for handlers"
                .to_owned(),
        )
    }
}

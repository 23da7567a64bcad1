//! A name that does not survive in a URL.

use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Label, Persona, Rule, Severity,
};
use crate::{Name, Spanned};

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "service-name-unsafe-url",
    severity: Severity::Error,
    confidence: Confidence::High,
    persona: Persona::Regular,
    family: Family::Names,
    check: Some(check),
    what: "A service has a name that is empty, or has a character or a form that means something else in a URL.",
    why: "
Services ask the sys-map for `/NAME`, and old ones paste the name in as it is: with a `/`, `?`, `#`, `%`, a
space or `..` in it, the question is another one.",
    before: Example::Toml(
        r#"
[topology]
sources = ["sniff"]

[services."sniff/2"]
in = "sniff"
out = []
"#,
    ),
    after: Example::Toml(
        r#"
[topology]
sources = ["sniff"]

[services.sniff-2]
in = "sniff"
out = []
"#,
    ),
};

fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for service in facts.peculiar_names() {
        if let Some(reason) = unsafe_in_url(&service.name.value) {
            findings.push(ServiceNameUnsafeUrl {
                name: &service.name,
                reason,
            });
        }
    }
}

fn unsafe_in_url(name: &str) -> Option<String> {
    let breaks = |c: &char| c.is_whitespace() || c.is_control() || "/?#%\\".contains(*c);
    match name {
        "" => Some("it is empty".to_owned()),
        "." | ".." => Some("it is a step through paths".to_owned()),
        _ => {
            let character = name.chars().find(breaks)?;
            Some(format!("{character:?} means something else in a URL"))
        }
    }
}

/// The service, and what is wrong with its name.
struct ServiceNameUnsafeUrl<'s> {
    name: &'s Spanned<Name>,
    reason: String,
}

impl Finding for ServiceNameUnsafeUrl<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        format!(
            "the service name {:?} cannot stand in a URL",
            self.name.value
        )
    }

    fn labels(&self) -> Vec<Label> {
        vec![Label::primary(&self.name.span, &*self.reason)]
    }

    fn help(&self) -> Option<String> {
        Some("use letters, digits, `-`, `_` and `.`".to_owned())
    }
}

//! A name in another style.

use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Label, Persona, Rule, Severity,
};
use crate::{Name, Spanned};

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "service-name-style",
    severity: Severity::Info,
    confidence: Confidence::High,
    persona: Persona::Pedantic,
    family: Family::Names,
    check: Some(check),
    what: "A service name is not in kebab-case, or is longer than the 63 bytes of a DNS label.",
    why: "
The name becomes a host name, a metric label, a log prefix and part of a path. Lower-case words with hyphens
are legal in all of them.",
    before: Example::Toml(
        r#"
[topology]
sources = ["sniff"]

[services.Sniff_Files]
in = "sniff"
out = []
"#,
    ),
    after: Example::Toml(
        r#"
[topology]
sources = ["sniff"]

[services.sniff-files]
in = "sniff"
out = []
"#,
    ),
};

/// The longest DNS label, RFC 1035 section 2.3.4.
fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for service in facts.peculiar_names() {
        findings.push(ServiceNameStyle {
            name: &service.name,
        });
    }
}

/// The service.
struct ServiceNameStyle<'s> {
    name: &'s Spanned<Name>,
}

impl Finding for ServiceNameStyle<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        format!(
            "the service name `{}` is not in kebab-case",
            self.name.value
        )
    }

    fn labels(&self) -> Vec<Label> {
        vec![Label::primary(
            &self.name.span,
            "lower-case words with hyphens, at most 63 bytes",
        )]
    }
}

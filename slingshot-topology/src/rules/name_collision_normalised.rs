//! Two names that become one.

use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Label, Persona, Rule, Severity,
};

use std::borrow::Cow;

use crate::{
    Name, Spanned,
    hashing::{HashMap, map_for},
};

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "name-collision-normalised",
    severity: Severity::Error,
    confidence: Confidence::High,
    persona: Persona::Regular,
    family: Family::Names,
    check: Some(check),
    what: "Two services have names that differ only in case or in `-`, `_` and `.`.",
    why: "
Names become crate names, environment variables and metric labels, where those differences go: two services
would share one log prefix, one metric and one binary.",
    before: Example::Toml(
        r#"
[topology]
sources = ["a", "b"]

[services.order_svc]
in = "a"
out = []

[services.Order-Svc]
in = "b"
out = []
"#,
    ),
    after: Example::Toml(
        r#"
[topology]
sources = ["a", "b"]

[services.orders]
in = "a"
out = []

[services.invoices]
in = "b"
out = []
"#,
    ),
};

fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let services = &facts.system.services;
    let mut known: HashMap<Cow<'_, str>, &Spanned<Name>> = map_for(services.len());
    for service in services {
        let normal = normal(&service.name.value);
        if let Some(first) = known.insert(normal, &service.name) {
            findings.push(NameCollisionNormalised {
                first,
                second: &service.name,
            });
        }
    }
}

/// What becomes of a name in a crate, a variable or a label.
fn normal(name: &str) -> Cow<'_, str> {
    let is_normal = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if name.bytes().all(is_normal) {
        Cow::Borrowed(name)
    } else {
        Cow::Owned(name.to_lowercase().replace(['_', '.'], "-"))
    }
}

/// The two services.
struct NameCollisionNormalised<'s> {
    first: &'s Spanned<Name>,
    second: &'s Spanned<Name>,
}

impl Finding for NameCollisionNormalised<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        format!(
            "the service names `{}` and `{}` are too much alike",
            self.first.value, self.second.value
        )
    }

    fn labels(&self) -> Vec<Label> {
        vec![
            Label::primary(
                &self.second.span,
                "becomes the same crate, variable and label",
            ),
            Label::secondary(&self.first.span, "as this one"),
        ]
    }

    fn help(&self) -> Option<String> {
        Some("rename one of them".to_owned())
    }
}

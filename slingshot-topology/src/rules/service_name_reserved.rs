//! A service that no one can ask for.

use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Label, Persona, Rule, Severity,
};
use crate::{Name, Spanned};

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "service-name-reserved",
    severity: Severity::Error,
    confidence: Confidence::High,
    persona: Persona::Regular,
    family: Family::Names,
    check: Some(check),
    what: "A service is called `rabbitmq`, `db` or `object-storage`.",
    why: "
The sys-map answers those three paths with the addresses of the engines. The service of that name would be
told where the database is instead of which queue to read.",
    before: Example::Toml(
        r#"
[topology]
sources = ["rows"]

[services.db]
in = "rows"
out = []
"#,
    ),
    after: Example::Toml(
        r#"
[topology]
sources = ["rows"]

[services.rows]
in = "rows"
out = []
"#,
    ),
};

/// The names that the sys-map keeps for the engines.
const RESERVED: [&str; 3] = ["rabbitmq", "db", "object-storage"];

fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for service in &facts.system.services {
        if RESERVED.contains(&&*service.name.value) {
            findings.push(ServiceNameReserved {
                name: &service.name,
            });
        }
    }
}

/// The service.
struct ServiceNameReserved<'s> {
    name: &'s Spanned<Name>,
}

impl Finding for ServiceNameReserved<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        format!("no service can be called `{}`", self.name.value)
    }

    fn labels(&self) -> Vec<Label> {
        let text = format!(
            "the sys-map answers /{} with an engine's address",
            self.name.value
        );
        vec![Label::primary(&self.name.span, text)]
    }

    fn help(&self) -> Option<String> {
        Some("choose another name, here and in the annotation".to_owned())
    }
}

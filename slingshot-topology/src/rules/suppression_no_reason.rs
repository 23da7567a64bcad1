//! An ignore that says nothing.

use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Label, Persona, Rule, Severity,
};
use crate::system::Ignore;

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "suppression-no-reason",
    severity: Severity::Warning,
    confidence: Confidence::High,
    persona: Persona::Pedantic,
    family: Family::Hygiene,
    check: Some(check),
    what: "An ignore does not say why the finding is accepted.",
    why: "
Whoever reads it next year cannot tell whether it still holds.",
    before: Example::Toml(
        r#"
[topology]
sources = ["sniff"]

[services.sniff]
in = "sniff"
out = [{ case = "again", queues = ["sniff"] }, { case = "done", queues = [] }]

[[ignore]]
rule = "self-loop"
"#,
    ),
    after: Example::Toml(
        r#"
[topology]
sources = ["sniff"]

[services.sniff]
in = "sniff"
out = [{ case = "again", queues = ["sniff"] }, { case = "done", queues = [] }]

[[ignore]]
rule = "self-loop"
reason = "a poll: it comes back until the file is there"
"#,
    ),
};

fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for ignore in &facts.system.ignores {
        let reason = ignore.reason.as_deref().unwrap_or_default();
        if reason.trim().is_empty() {
            findings.push(SuppressionNoReason { ignore });
        }
    }
}

/// The ignore.
struct SuppressionNoReason<'s> {
    ignore: &'s Ignore,
}

impl Finding for SuppressionNoReason<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        format!(
            "no reason is given for accepting `{}`",
            self.ignore.rule.value
        )
    }

    fn labels(&self) -> Vec<Label> {
        vec![Label::primary(
            &self.ignore.rule.span,
            "accepted, and nobody says why",
        )]
    }

    fn help(&self) -> Option<String> {
        Some("add `reason`".to_owned())
    }
}

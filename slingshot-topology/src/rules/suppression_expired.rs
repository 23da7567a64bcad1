//! An ignore past its day.

use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Label, Persona, Rule, Severity,
};
use crate::diagnostic::{Explained, Symptom};
use crate::{
    source::Spanned,
    system::{Date, Ignore},
};

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "suppression-expired",
    severity: Severity::Error,
    confidence: Confidence::High,
    persona: Persona::Regular,
    family: Family::Hygiene,
    check: Some(check),
    what: "The last day of an ignore is over.",
    why: "
The finding was to be accepted for a while only. It is still accepted until the ignore goes, and this error
is what reminds of it.",
    before: Example::Toml(
        r#"
[topology]
sources = ["sniff"]

[services.sniff]
in = "sniff"
out = [{ case = "again", queues = ["sniff"] }, { case = "done", queues = [] }]

[[ignore]]
rule = "self-loop"
reason = "until the poll is replaced"
expires = 2001-01-31
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
reason = "until the poll is replaced"
expires = 2999-01-31
"#,
    ),
};

fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let Some(today) = facts.today else {
        return;
    };
    for ignore in &facts.system.ignores {
        if let Some(expires) = &ignore.expires
            && expires.value < today
        {
            findings.push(SuppressionExpired { ignore, expires });
        }
    }
}

/// The ignore, and its last day.
struct SuppressionExpired<'s> {
    ignore: &'s Ignore,
    expires: &'s Spanned<Date>,
}

impl Finding for SuppressionExpired<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        let rule = &self.ignore.rule.value;
        format!("`{rule}` was accepted until {}", self.expires.value)
    }

    fn explains(&self) -> Vec<Explained> {
        let at = &self.ignore.rule.span;
        vec![Explained::This(Symptom::Unneeded(
            at.file.path.clone(),
            at.start,
        ))]
    }

    fn labels(&self) -> Vec<Label> {
        vec![Label::primary(&self.expires.span, "this day is over")]
    }

    fn help(&self) -> Option<String> {
        Some("mend what the rule finds, or decide on another day".to_owned())
    }
}

//! A declaration of nothing.

use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Label, Persona, Rule, Severity,
};
use crate::Spanned;

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "declared-unknown",
    severity: Severity::Error,
    confidence: Confidence::High,
    persona: Persona::Regular,
    family: Family::Graph,
    check: Some(check),
    what: "`[topology]` names a source that no service reads, or a sink that no route feeds.",
    why: "
The declaration protects nothing: either the name is misspelt, and the real queue is unprotected, or what it
was for is gone.",
    before: Example::Toml(
        r#"
[topology]
sources = ["snif"]
sinks = []

[services.sniff]
in = "sniff"
out = []
"#,
    ),
    after: Example::Toml(
        r#"
[topology]
sources = ["sniff"]
sinks = []

[services.sniff]
in = "sniff"
out = []
"#,
    ),
};

fn check(facts: &Facts<'_>, findings: &mut Findings) {
    if !facts.system.complete {
        return;
    }
    for declared in &facts.system.sources {
        let queue = facts.wiring.queue(&declared.value);
        if queue.is_none_or(|queue| queue.readers.is_empty()) {
            findings.push(DeclaredUnknown {
                declared,
                lacks: "no service reads the source",
                meant: facts.spelling.nearest(&declared.value),
            });
        }
    }
    for declared in &facts.system.sinks {
        let queue = facts.wiring.queue(&declared.value);
        if queue.is_none_or(|queue| queue.feeds.is_empty()) {
            findings.push(DeclaredUnknown {
                declared,
                lacks: "no route feeds the sink",
                meant: None,
            });
        }
    }
}

/// The declaration, and the queue that may have been meant.
struct DeclaredUnknown<'s> {
    declared: &'s Spanned<String>,
    lacks: &'static str,
    meant: Option<&'s str>,
}

impl Finding for DeclaredUnknown<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        format!("{} `{}`", self.lacks, self.declared.value)
    }

    fn labels(&self) -> Vec<Label> {
        vec![Label::primary(
            &self.declared.span,
            "names nothing in this system",
        )]
    }

    fn help(&self) -> Option<String> {
        let meant = self.meant?;
        Some(format!("did you mean `{meant}`?"))
    }
}

//! A letter of another alphabet that looks like ours.

use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Label, Persona, Rule, Severity,
};
use crate::wiring::Queue;

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "name-homoglyph",
    severity: Severity::Info,
    confidence: Confidence::Medium,
    persona: Persona::Auditor,
    family: Family::Names,
    check: Some(check),
    what: "A queue name mixes Latin with Cyrillic or Greek letters.",
    why: "
A Cyrillic `а` looks like a Latin `a` and makes another queue, by a slip of the keyboard or on purpose.",
    before: Example::Toml(
        r#"
[topology]
sources = ["sniff"]
sinks = ["dоne"]

[services.sniff]
in = "sniff"
out = [{ case = "done", queues = ["dоne"] }]
"#,
    ),
    after: Example::Toml(
        r#"
[topology]
sources = ["sniff"]
sinks = ["done"]

[services.sniff]
in = "sniff"
out = [{ case = "done", queues = ["done"] }]
"#,
    ),
};

fn is_mixed(name: &str) -> bool {
    // Greek and Coptic, Cyrillic and its supplement.
    let foreign =
        |c: char| ('\u{370}'..='\u{3ff}').contains(&c) || ('\u{400}'..='\u{52f}').contains(&c);
    name.chars().any(foreign) && name.chars().any(|c| c.is_ascii_alphabetic())
}

fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for queue in facts.peculiar_queues() {
        if is_mixed(queue.name) {
            findings.push(NameHomoglyph { queue });
        }
    }
}

/// The queue.
struct NameHomoglyph<'s> {
    queue: &'s Queue<'s>,
}

impl Finding for NameHomoglyph<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        format!("the queue name `{}` mixes alphabets", self.queue.name)
    }

    fn labels(&self) -> Vec<Label> {
        vec![Label::primary(
            self.queue.at,
            format!("written with {}", self.queue.name.escape_unicode()),
        )]
    }
}

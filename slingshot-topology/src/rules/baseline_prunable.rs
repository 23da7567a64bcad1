//! A baseline that accepts what is mended.

use super::{Confidence, Example, Family, Finding, Label, Persona, Rule, Severity};
use crate::check::Entry;

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "baseline-prunable",
    severity: Severity::Warning,
    confidence: Confidence::High,
    persona: Persona::Regular,
    family: Family::Hygiene,
    check: None,
    what: "The baseline accepts a finding that is not there any more.",
    why: "
It is mended. While its entry stays, the same mistake can come back unseen; `--prune-baseline` removes it.",
    before: Example::WithBaseline {
        toml: r#"
[topology]
sources = ["sniff"]

[services.sniff]
in = "sniff"
out = [{ case = "done", queues = [] }]
"#,
        baseline: r#"
{
  "format_version": 1,
  "findings": [
    { "rule": "self-loop", "fingerprint": "0cd9cc6ba563046a", "message": "service `sniff` feeds its own queue" }
  ]
}
"#,
    },
    after: Example::WithBaseline {
        toml: r#"
[topology]
sources = ["sniff"]

[services.sniff]
in = "sniff"
out = [{ case = "again", queues = ["sniff"] }, { case = "done", queues = [] }]
"#,
        baseline: r#"
{
  "format_version": 1,
  "findings": [
    { "rule": "self-loop", "fingerprint": "0cd9cc6ba563046a", "message": "service `sniff` feeds its own queue" }
  ]
}
"#,
    },
};

/// The entry.
pub(crate) struct BaselinePrunable<'b> {
    pub(crate) entry: &'b Entry,
}

impl Finding for BaselinePrunable<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        let Entry { rule, message, .. } = self.entry;
        format!("the baseline's `{rule}` is mended: {message}")
    }

    fn labels(&self) -> Vec<Label> {
        vec![Label::primary(&self.entry.at, "accepts nothing any more")]
    }

    fn help(&self) -> Option<String> {
        Some("check again with `--prune-baseline`".to_owned())
    }
}

//! An ignore of nothing.

use super::{Confidence, Example, Family, Finding, Label, Persona, Rule, Severity};
use crate::system::Ignore;

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "suppression-unused",
    severity: Severity::Warning,
    confidence: Confidence::High,
    persona: Persona::Regular,
    family: Family::Hygiene,
    check: None,
    what: "An ignore accepts a finding that is not there.",
    why: "
What it was for is mended, or its rule or subject is misspelt and the finding is reported all the same. An
ignore that is left behind will hide the next mistake of its kind.",
    before: Example::Toml(
        r#"
[topology]
sources = ["sniff"]

[services.sniff]
in = "sniff"
out = [{ case = "done", queues = [] }]

[[ignore]]
rule = "self-loop"
subject = "sniff"
reason = "a poll: it comes back until the file is there"
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
subject = "sniff"
reason = "a poll: it comes back until the file is there"
"#,
    ),
};

/// The ignore.
pub(crate) struct SuppressionUnused<'s> {
    pub(crate) ignore: &'s Ignore,
}

impl Finding for SuppressionUnused<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        let rule = &self.ignore.rule.value;
        match &self.ignore.subject {
            Some(subject) => format!("nothing of `{rule}` is found about `{}`", subject.value),
            None => format!("nothing of `{rule}` is found here"),
        }
    }

    fn labels(&self) -> Vec<Label> {
        vec![Label::primary(&self.ignore.rule.span, "accepts nothing")]
    }

    fn help(&self) -> Option<String> {
        Some("remove the ignore".to_owned())
    }
}

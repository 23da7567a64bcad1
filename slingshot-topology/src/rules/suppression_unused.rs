//! An ignore of nothing.

use super::{Confidence, Example, Family, Finding, Label, Persona, Rule, Severity};
use crate::diagnostic::Symptom;
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

/// The ignore, and an earlier one that accepts the same.
pub(crate) struct SuppressionUnused<'s> {
    pub(crate) ignore: &'s Ignore,
    pub(crate) earlier: Option<&'s Ignore>,
}

impl Finding for SuppressionUnused<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        let rule = &self.ignore.rule.value;
        if self.earlier.is_some() {
            return format!("an earlier ignore accepts the same of `{rule}`");
        }
        match &self.ignore.subject {
            Some(subject) => format!("nothing of `{rule}` is found about `{}`", subject.value),
            None => format!("nothing of `{rule}` is found here"),
        }
    }

    fn symptom(&self) -> Option<Symptom> {
        let at = &self.ignore.rule.span;
        Some(Symptom::Unneeded(at.file.path.clone(), at.start))
    }

    fn labels(&self) -> Vec<Label> {
        let own = &self.ignore.rule.span;
        match self.earlier {
            Some(earlier) => vec![
                Label::primary(own, "accepts nothing more"),
                Label::secondary(&earlier.rule.span, "accepts it already"),
            ],
            None => vec![Label::primary(own, "accepts nothing")],
        }
    }

    fn help(&self) -> Option<String> {
        Some("remove the ignore".to_owned())
    }
}

//! A file that is named and not there.

use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Label, Persona, Rule, Severity,
};
use crate::source::Spanned;

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "include-missing",
    severity: Severity::Error,
    confidence: Confidence::High,
    persona: Persona::Regular,
    family: Family::Input,
    check: Some(check),
    what: "The system names files, and none is there.",
    why: "
The services that the files describe would go unchecked, and nobody would notice.",
    before: Example::Toml(
        r#"
[topology]
sources = ["sniff"]
manifests = ["manifests/*.json"]

[services.sniff]
in = "sniff"
out = [{ case = "done", queues = [] }]
"#,
    ),
    after: Example::Toml(
        r#"
[topology]
sources = ["sniff"]

[services.sniff]
in = "sniff"
out = [{ case = "done", queues = [] }]
"#,
    ),
};

fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for path in facts.missing {
        findings.push(IncludeMissing { path });
    }
}

/// What names the files.
struct IncludeMissing<'s> {
    path: &'s Spanned<String>,
}

impl Finding for IncludeMissing<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        format!("no file is `{}`", self.path.value)
    }

    fn labels(&self) -> Vec<Label> {
        vec![Label::primary(&self.path.span, "nothing is there")]
    }

    fn help(&self) -> Option<String> {
        Some("paths begin at the directory of the file that names them".to_owned())
    }
}

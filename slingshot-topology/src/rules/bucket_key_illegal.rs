//! A key that cannot be asked for.

use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Label, Persona, Rule, Severity,
};
use crate::Spanned;

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "bucket-key-illegal",
    severity: Severity::Error,
    confidence: Confidence::High,
    persona: Persona::Regular,
    family: Family::Names,
    check: Some(check),
    what: "A bucket key is empty or holds a `/`.",
    why: "
Services ask for `/SERVICE/KEY`: an empty key asks for the service itself, and a slash for something else.",
    before: Example::Toml(
        r#"
[topology]
sources = ["sniff"]

[services.sniff]
in = "sniff"
out = []
buckets = { "in/raw" = "raw" }
"#,
    ),
    after: Example::Toml(
        r#"
[topology]
sources = ["sniff"]

[services.sniff]
in = "sniff"
out = []
buckets = { in = "raw" }
"#,
    ),
};

fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for bucket in facts
        .system
        .services
        .iter()
        .flat_map(|service| &service.buckets)
    {
        if bucket.key.value.is_empty() || bucket.key.value.contains('/') {
            findings.push(BucketKeyIllegal { key: &bucket.key });
        }
    }
}

/// The key.
struct BucketKeyIllegal<'s> {
    key: &'s Spanned<String>,
}

impl Finding for BucketKeyIllegal<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        format!("the bucket key {:?} cannot be asked for", self.key.value)
    }

    fn labels(&self) -> Vec<Label> {
        vec![Label::primary(
            &self.key.span,
            "keys are not empty and have no `/`",
        )]
    }

    fn help(&self) -> Option<String> {
        Some("rename the key, here and in the code".to_owned())
    }
}

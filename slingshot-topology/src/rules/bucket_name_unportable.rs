//! A bucket with dots in its name.

use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Label, Persona, Rule, Severity,
};
use crate::Spanned;

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "bucket-name-unportable",
    severity: Severity::Info,
    confidence: Confidence::Medium,
    persona: Persona::Pedantic,
    family: Family::Buckets,
    check: Some(check),
    what: "A bucket's name has a dot.",
    why: "
Stores put a bucket's name in front of their own host name, and the certificate `*.s3.example.com` does not fit
`raw.scans.s3.example.com`: such buckets can be reached by path only, which not every store and client offers.",
    before: Example::Toml(
        r#"
[topology]
sources = ["scan"]

[services.scan]
in = "scan"
buckets = { in = "raw.scans" }
out = []
"#,
    ),
    after: Example::Toml(
        r#"
[topology]
sources = ["scan"]

[services.scan]
in = "scan"
buckets = { in = "raw-scans" }
out = []
"#,
    ),
};

fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let services = facts.system.services.iter();
    for bucket in services.flat_map(|service| &service.buckets) {
        if bucket.name.value.contains('.') {
            findings.push(BucketNameUnportable { name: &bucket.name });
        }
    }
}

/// The name.
struct BucketNameUnportable<'s> {
    name: &'s Spanned<String>,
}

impl Finding for BucketNameUnportable<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        format!("the bucket name `{}` has dots", self.name.value)
    }

    fn labels(&self) -> Vec<Label> {
        vec![Label::primary(
            &self.name.span,
            "no host name for every store",
        )]
    }

    fn help(&self) -> Option<String> {
        Some(format!("write `{}`", self.name.value.replace('.', "-")))
    }
}

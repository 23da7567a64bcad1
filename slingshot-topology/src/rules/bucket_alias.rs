//! Two keys for one bucket.

use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Label, Persona, Rule, Severity,
};

use crate::{
    hashing::HashMap,
    system::{Bucket, Service},
};

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "bucket-alias",
    severity: Severity::Info,
    confidence: Confidence::High,
    persona: Persona::Regular,
    family: Family::Buckets,
    check: Some(check),
    what: "Two keys of one service mean the same bucket.",
    why: "
In the code they look like two places. What is written under the one key is found under the other.",
    before: Example::Json(
        r#"
{
  "scan": {
    "in": "scan",
    "out": [],
    "buckets": {"in": "scans", "extra": "scans"}
  }
}
"#,
    ),
    after: Example::Json(
        r#"
{
  "scan": {
    "in": "scan",
    "out": [],
    "buckets": {"in": "scans", "extra": "hints"}
  }
}
"#,
    ),
};

fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for (index, service) in facts.system.services.iter().enumerate() {
        if service.buckets.len() < 2 {
            continue;
        }
        let mut known: HashMap<&str, &Bucket> = HashMap::default();
        for second in &service.buckets {
            let name = &*second.name.value;
            let first = *known.entry(name).or_insert(second);
            // Reading and writing one object through the two is a finding of its own.
            let is_rewritten = || {
                let accesses = facts.objects().bucket(name);
                !service.is_idempotent
                    && accesses.is_some_and(|bucket| bucket.rewriting(index).is_some())
            };
            if first.key.span != second.key.span && !is_rewritten() {
                findings.push(BucketAlias {
                    service,
                    first,
                    second,
                });
            }
        }
    }
}

/// The two lines of the map.
struct BucketAlias<'s> {
    service: &'s Service,
    first: &'s Bucket,
    second: &'s Bucket,
}

impl Finding for BucketAlias<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        format!(
            "the keys `{}` and `{}` of service `{}` mean the same bucket",
            self.first.key.value, self.second.key.value, self.service.name.value
        )
    }

    fn labels(&self) -> Vec<Label> {
        vec![
            Label::primary(&self.second.name.span, "the same bucket"),
            Label::secondary(&self.first.name.span, "as here"),
        ]
    }
}

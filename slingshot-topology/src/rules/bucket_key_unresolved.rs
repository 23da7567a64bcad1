//! A key that stands for no bucket.

use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Label, Persona, Rule, Severity, Span,
};
use std::collections::BTreeMap;

use crate::{diagnostic::did_you_mean, system::Service};

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "bucket-key-unresolved",
    severity: Severity::Error,
    confidence: Confidence::High,
    persona: Persona::Regular,
    family: Family::Buckets,
    check: Some(check),
    what: "The code reads or writes files under a key that the system gives no bucket.",
    why: "
The sys-map answers 404 for the key, and the first message fails that needs the file.",
    before: Example::WithCode {
        toml: r#"
[topology]
sources = ["sniff"]
sinks = ["words"]

[services.sniff]
in = "sniff"
buckets = { rawe = "documents" }
out = [
  { case = "text", queues = ["words"] },
  { case = "image", queues = [] },
]
"#,
        rust: r#"
#[derive(Case)]
enum Kind {
    Text,
    Image,
}

#[microservice(name = "sniff")]
fn sniff(request: u64, read_file: &ReadFileFn) -> (u64, Kind) {
    let file = read_file("raw", request);
    todo!()
}
"#,
    },
    after: Example::WithCode {
        toml: r#"
[topology]
sources = ["sniff"]
sinks = ["words"]

[services.sniff]
in = "sniff"
buckets = { raw = "documents" }
out = [
  { case = "text", queues = ["words"] },
  { case = "image", queues = [] },
]
"#,
        rust: r#"
#[derive(Case)]
enum Kind {
    Text,
    Image,
}

#[microservice(name = "sniff")]
fn sniff(request: u64, read_file: &ReadFileFn) -> (u64, Kind) {
    let file = read_file("raw", request);
    todo!()
}
"#,
    },
};

fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for (service, code) in facts.implemented() {
        let mut uses: BTreeMap<&str, Vec<&Span>> = BTreeMap::new();
        for key in code.reads.iter().chain(&code.writes) {
            uses.entry(&key.value).or_default().push(&key.span);
        }
        for (key, uses) in uses {
            if service.bucket(key).is_none() {
                let known = service.buckets.iter().map(|bucket| &*bucket.key.value);
                findings.push(BucketKeyUnresolved {
                    service,
                    key,
                    uses,
                    meant: did_you_mean(key, known),
                });
            }
        }
    }
}

/// The key and where the code uses it.
struct BucketKeyUnresolved<'s> {
    service: &'s Service,
    key: &'s str,
    uses: Vec<&'s Span>,
    meant: Option<&'s str>,
}

impl Finding for BucketKeyUnresolved<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        format!(
            "service `{}` has no bucket for the key `{}`",
            self.service.name.value, self.key
        )
    }

    fn labels(&self) -> Vec<Label> {
        let missing = format!("no bucket `{}` here", self.key);
        let mut labels = vec![Label::primary(&self.service.name.span, missing)];
        let uses = self
            .uses
            .iter()
            .map(|at| Label::secondary(at, "used by the code"));
        labels.extend(uses);
        labels
    }

    fn help(&self) -> Option<String> {
        Some(match self.meant {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!(
                "add `buckets = {{ {} = \"..\" }}` with the real bucket's name",
                self.key
            ),
        })
    }
}

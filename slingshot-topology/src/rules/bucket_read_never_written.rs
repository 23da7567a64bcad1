//! A bucket that stays empty.

use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Label, Persona, Rule, Severity,
};
use crate::facts::Access;

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "bucket-read-never-written",
    severity: Severity::Warning,
    confidence: Confidence::High,
    persona: Persona::Regular,
    family: Family::Buckets,
    check: Some(check),
    what: "Services read a bucket that none writes, and `[topology] external-buckets` does not name it.",
    why: "
Every reading fails: the object is never there. Buckets that are filled from outside are declared. Where a
system declares none at all, the finding is a remark.",
    before: Example::WithCode {
        toml: r#"
[topology]
sources = ["scan"]
external-buckets = []

[services.scan]
in = "scan"
buckets = { in = "scans" }
out = [{ case = "text", queues = [] }]
"#,
        rust: r#"
#[derive(Case)]
enum Kind {
    Text,
}

#[microservice(name = "scan")]
fn scan(request: u64, read_file: &ReadFileFn) -> (u64, Kind) {
    let file = read_file("in", request);
    (request, Kind::Text)
}
"#,
    },
    after: Example::WithCode {
        toml: r#"
[topology]
sources = ["scan"]
external-buckets = ["scans"]

[services.scan]
in = "scan"
buckets = { in = "scans" }
out = [{ case = "text", queues = [] }]
"#,
        rust: r#"
#[derive(Case)]
enum Kind {
    Text,
}

#[microservice(name = "scan")]
fn scan(request: u64, read_file: &ReadFileFn) -> (u64, Kind) {
    let file = read_file("in", request);
    (request, Kind::Text)
}
"#,
    },
};

/// How many of the places in the code are shown.
const SHOWN: usize = 4;

fn check(facts: &Facts<'_>, findings: &mut Findings) {
    if !facts.system.complete {
        return;
    }
    for (name, accesses) in facts.objects().buckets() {
        if accesses.is_all_seen() && accesses.writes.is_empty() && !accesses.reads.is_empty() {
            findings.push(BucketReadNeverWritten {
                name,
                reads: &accesses.reads,
                is_bounded: facts.system.external_buckets.is_some(),
            });
        }
    }
}

/// The bucket, and who reads it.
struct BucketReadNeverWritten<'s> {
    name: &'s str,
    reads: &'s [Access<'s>],
    /// Whether the system says which buckets the outside uses.
    is_bounded: bool,
}

impl Finding for BucketReadNeverWritten<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        format!("no service writes the bucket `{}`", self.name)
    }

    fn labels(&self) -> Vec<Label> {
        let mut accesses = self.reads.iter().take(SHOWN);
        let first = accesses.next().map(|access| {
            let map = Label::primary(&access.bucket.name.span, "nothing is ever in it");
            [map, Label::secondary(access.at, "read here")]
        });
        let others = accesses.map(|access| Label::secondary(access.at, "and here"));
        first.into_iter().flatten().chain(others).collect()
    }

    fn help(&self) -> Option<String> {
        Some(format!(
            "if something outside of the system writes it, name `{}` in `[topology] external-buckets`",
            self.name
        ))
    }

    fn severity(&self) -> Severity {
        if self.is_bounded {
            RULE.severity
        } else {
            Severity::Info
        }
    }
}

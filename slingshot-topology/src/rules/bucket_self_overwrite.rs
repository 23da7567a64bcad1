//! A service that writes over what it reads.

use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Label, Persona, Rule, Severity,
};
use crate::{facts::Access, system::Service};

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "bucket-self-overwrite",
    severity: Severity::Error,
    confidence: Confidence::High,
    persona: Persona::Regular,
    family: Family::Buckets,
    check: Some(check),
    what: "A service reads and writes the same object: both keys mean one bucket, and the id is the message's own.",
    why: "
A message can come twice: after a crash, a lost connection, a retry. The second time the service reads its own
output instead of what it was sent. A service for which that is no difference says so with `idempotent = true`.",
    before: Example::WithCode {
        toml: r#"
[topology]
sources = ["scan"]
external-buckets = ["scans"]

[services.scan]
in = "scan"
buckets = { in = "scans", out = "scans" }
out = [{ case = "text", queues = [] }]
"#,
        rust: r#"
#[derive(Case)]
enum Kind {
    Text,
}

#[microservice(name = "scan")]
fn scan(request: u64, read_file: &ReadFileFn, write_file: &WriteFileFn) -> (u64, Kind) {
    let file = read_file("in", request);
    let clean = write_file("out", request);
    (request, Kind::Text)
}
"#,
    },
    after: Example::WithCode {
        toml: r#"
[topology]
sources = ["scan"]
external-buckets = ["scans", "clean"]

[services.scan]
in = "scan"
buckets = { in = "scans", out = "clean" }
out = [{ case = "text", queues = [] }]
"#,
        rust: r#"
#[derive(Case)]
enum Kind {
    Text,
}

#[microservice(name = "scan")]
fn scan(request: u64, read_file: &ReadFileFn, write_file: &WriteFileFn) -> (u64, Kind) {
    let file = read_file("in", request);
    let clean = write_file("out", request);
    (request, Kind::Text)
}
"#,
    },
};

fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for (name, accesses) in facts.objects().buckets() {
        let mut writers: Vec<_> = accesses.own_writes().map(|write| write.service).collect();
        writers.dedup();
        for writer in writers {
            let service = facts.wiring.service(writer);
            if let Some([read, write]) = accesses
                .rewriting(writer)
                .filter(|_| !service.is_idempotent)
            {
                findings.push(BucketSelfOverwrite {
                    name,
                    service,
                    read,
                    write,
                });
            }
        }
    }
}

/// The service, and its two ways into the bucket.
struct BucketSelfOverwrite<'s> {
    name: &'s str,
    service: &'s Service,
    read: &'s Access<'s>,
    write: &'s Access<'s>,
}

impl Finding for BucketSelfOverwrite<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        format!(
            "service `{}` writes over what it reads in the bucket `{}`",
            self.service.name.value, self.name
        )
    }

    fn labels(&self) -> Vec<Label> {
        let mut labels = vec![
            Label::primary(&self.write.bucket.name.span, "written to"),
            Label::secondary(self.write.at, "writes the message's own object"),
            Label::secondary(self.read.at, "reads the message's own object"),
        ];
        if self.read.bucket.key.value != self.write.bucket.key.value {
            labels.push(Label::secondary(
                &self.read.bucket.name.span,
                "and read from",
            ));
        }
        labels
    }

    fn help(&self) -> Option<String> {
        let key = &self.write.bucket.key.value;
        Some(format!(
            "give the key `{key}` a bucket of its own, or say with `idempotent = true` that reading the result again is fine"
        ))
    }
}

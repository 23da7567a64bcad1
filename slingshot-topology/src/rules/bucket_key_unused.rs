//! A bucket that nothing asks for.

use super::{
    Confidence, Edit, Example, Facts, Family, Finding, Findings, Fix, Label, Persona, Rule,
    Severity, Span,
};
use crate::{
    diagnostic::Symptom,
    system::{Bucket, Service},
};

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "bucket-key-unused",
    severity: Severity::Warning,
    confidence: Confidence::High,
    persona: Persona::Regular,
    family: Family::Buckets,
    check: Some(check),
    what: "The map gives a service a bucket under a key that its code does not use.",
    why: "
Most often the key was renamed in the code, or what used it is gone. While the line is there, it reads as if
the service needed the bucket, and access to it.",
    before: Example::WithCode {
        toml: r#"
[topology]
sources = ["scan"]

[services.scan]
in = "scan"
buckets = { in = "scans", tmp = "scratch" }
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

fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for unused in &facts.objects().unused {
        findings.push(BucketKeyUnused {
            service: facts.wiring.service(unused.service),
            bucket: unused.bucket,
            code: unused.at,
        });
    }
}

/// The line of the map, and the function.
struct BucketKeyUnused<'s> {
    service: &'s Service,
    bucket: &'s Bucket,
    code: &'s Span,
}

impl Finding for BucketKeyUnused<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        format!(
            "service `{}` uses no bucket `{}`",
            self.service.name.value, self.bucket.key.value
        )
    }

    fn labels(&self) -> Vec<Label> {
        vec![
            Label::primary(&self.bucket.key.span, "nothing asks for this key"),
            Label::secondary(self.code, "neither reads nor writes it"),
        ]
    }

    fn symptom(&self) -> Option<Symptom> {
        Some(Symptom::UnusedKey(self.service.name.value.to_string()))
    }

    fn help(&self) -> Option<String> {
        Some("remove the key, or use it in the code".to_owned())
    }

    fn fixes(&self) -> Vec<Fix> {
        let Bucket { key, name } = self.bucket;
        let entry = key.span.file.span(key.span.start..name.span.end);
        vec![Fix::proposed("remove the key", vec![Edit::removal(&entry)])]
    }
}

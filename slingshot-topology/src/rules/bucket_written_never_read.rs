//! A bucket that only grows.

use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Label, Persona, Rule, Severity,
};
use crate::{diagnostic::Symptom, facts::Access};

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "bucket-written-never-read",
    severity: Severity::Warning,
    confidence: Confidence::High,
    persona: Persona::Regular,
    family: Family::Buckets,
    check: Some(check),
    what: "Services write a bucket that none reads, and `[topology] external-buckets` does not name it.",
    why: "
What is written there is of no use to the system, and it is kept and paid for. Buckets that are read from
outside are declared. Where a system declares none at all, the finding is a remark.",
    before: Example::WithCode {
        toml: r#"
[topology]
sources = ["scan"]
external-buckets = []

[services.scan]
in = "scan"
buckets = { out = "texts" }
out = [{ case = "text", queues = [] }]
"#,
        rust: r#"
#[derive(Case)]
enum Kind {
    Text,
}

#[microservice(name = "scan")]
fn scan(request: u64, write_file: &WriteFileFn) -> (u64, Kind) {
    let file = write_file("out", request);
    (request, Kind::Text)
}
"#,
    },
    after: Example::WithCode {
        toml: r#"
[topology]
sources = ["scan"]
external-buckets = ["texts"]

[services.scan]
in = "scan"
buckets = { out = "texts" }
out = [{ case = "text", queues = [] }]
"#,
        rust: r#"
#[derive(Case)]
enum Kind {
    Text,
}

#[microservice(name = "scan")]
fn scan(request: u64, write_file: &WriteFileFn) -> (u64, Kind) {
    let file = write_file("out", request);
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
        if accesses.is_all_seen() && accesses.reads.is_empty() && !accesses.writes.is_empty() {
            findings.push(BucketWrittenNeverRead {
                name,
                writes: &accesses.writes,
                is_bounded: facts.system.external_buckets.is_some(),
            });
        }
    }
}

/// The bucket, and who writes it.
struct BucketWrittenNeverRead<'s> {
    name: &'s str,
    writes: &'s [Access<'s>],
    /// Whether the system says which buckets the outside uses.
    is_bounded: bool,
}

impl Finding for BucketWrittenNeverRead<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        format!("no service reads the bucket `{}`", self.name)
    }

    fn labels(&self) -> Vec<Label> {
        let mut accesses = self.writes.iter().take(SHOWN);
        let first = accesses.next().map(|access| {
            let map = Label::primary(&access.bucket.name.span, "nobody looks into it");
            [map, Label::secondary(access.at, "written here")]
        });
        let others = accesses.map(|access| Label::secondary(access.at, "and here"));
        first.into_iter().flatten().chain(others).collect()
    }

    fn help(&self) -> Option<String> {
        Some(format!(
            "if something outside of the system reads it, name `{}` in `[topology] external-buckets`",
            self.name
        ))
    }

    fn symptom(&self) -> Option<Symptom> {
        Some(Symptom::Bucket(self.name.to_owned()))
    }

    fn severity(&self) -> Severity {
        if self.is_bounded {
            RULE.severity
        } else {
            Severity::Info
        }
    }
}

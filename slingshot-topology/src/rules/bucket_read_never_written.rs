//! A bucket that stays empty.

use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Label, Persona, Rule, Severity,
};
use crate::{
    diagnostic::{Explained, Symptom, did_you_mean},
    facts::{Access, BucketUse},
};

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
    let buckets = || facts.objects().buckets();
    let lonely = |accesses: &BucketUse<'_>| {
        accesses.is_all_seen() && (accesses.reads.is_empty() != accesses.writes.is_empty())
    };
    let lonely = buckets().filter(|(_, accesses)| lonely(accesses));
    let (read, written): (Vec<_>, Vec<_>) =
        lonely.partition(|(_, accesses)| accesses.writes.is_empty());
    let written: Vec<_> = written.into_iter().map(|(name, _)| name).collect();
    // The only one of each may be one and the same under two names.
    let only = (read.len() == 1 && written.len() == 1).then(|| written[0]);
    for (name, accesses) in read {
        let meant = did_you_mean(name, written.iter().copied());
        findings.push(BucketReadNeverWritten {
            name,
            reads: &accesses.reads,
            written: meant.or(only),
            is_bounded: facts.system.external_buckets.is_some(),
        });
    }
}

/// The bucket, and who reads it.
struct BucketReadNeverWritten<'s> {
    name: &'s str,
    reads: &'s [Access<'s>],
    /// The bucket that is written and not read instead.
    written: Option<&'s str>,
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
        let declare = format!(
            "if something outside of the system writes it, name `{}` in `[topology] external-buckets`",
            self.name
        );
        Some(match self.written {
            Some(written) => format!(
                "{declare}; if it is `{written}`, which no service reads, write both the same"
            ),
            None => declare,
        })
    }

    fn symptom(&self) -> Option<Symptom> {
        Some(Symptom::Bucket(self.name.to_owned()))
    }

    fn explains(&self) -> Vec<Explained> {
        let written = self.written.map(|name| Symptom::Bucket(name.to_owned()));
        written.into_iter().map(Explained::This).collect()
    }

    fn severity(&self) -> Severity {
        if self.is_bounded {
            RULE.severity
        } else {
            Severity::Info
        }
    }
}

//! A reader that may be too early.

use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Label, Persona, Rule, Severity,
};

use crate::{
    facts::{Access, BucketUse},
    hashing::HashMap,
    system::{Route, Service},
};

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "bucket-race",
    severity: Severity::Warning,
    confidence: Confidence::High,
    persona: Persona::Regular,
    family: Family::Buckets,
    check: Some(check),
    what: "One case goes to a service that writes an object and to one that reads it.",
    why: "
Both get the id at the same moment. Whether the object is there when it is read depends on who is faster, so that it
works on a quiet day. Let the writer feed the reader.",
    before: Example::WithCode {
        toml: r#"
[topology]
sources = ["sniff"]
external-buckets = []

[services.sniff]
in = "sniff"
out = [{ case = "text", queues = ["words", "links"] }]

[services.words]
in = "words"
buckets = { out = "found" }
out = [{ case = "text", queues = [] }]

[services.links]
in = "links"
buckets = { in = "found" }
out = []
"#,
        rust: r#"
#[derive(Case)]
enum Kind {
    Text,
}

#[microservice(name = "words")]
fn words(request: u64, write_file: &WriteFileFn) -> (u64, Kind) {
    let file = write_file("out", request);
    (request, Kind::Text)
}

#[microservice(name = "links")]
fn links(request: u64, read_file: &ReadFileFn) {
    let file = read_file("in", request);
}
"#,
    },
    after: Example::WithCode {
        toml: r#"
[topology]
sources = ["sniff"]
external-buckets = []

[services.sniff]
in = "sniff"
out = [{ case = "text", queues = ["words"] }]

[services.words]
in = "words"
buckets = { out = "found" }
out = [{ case = "text", queues = ["links"] }]

[services.links]
in = "links"
buckets = { in = "found" }
out = []
"#,
        rust: r#"
#[derive(Case)]
enum Kind {
    Text,
}

#[microservice(name = "words")]
fn words(request: u64, write_file: &WriteFileFn) -> (u64, Kind) {
    let file = write_file("out", request);
    (request, Kind::Text)
}

#[microservice(name = "links")]
fn links(request: u64, read_file: &ReadFileFn) {
    let file = read_file("in", request);
}
"#,
    },
};

fn check(facts: &Facts<'_>, findings: &mut Findings) {
    // Who writes outside of the two may have written long before.
    let mut reads: HashMap<usize, Vec<(&BucketUse<'_>, &Access<'_>)>> = HashMap::default();
    for (_, accesses) in facts.objects().buckets() {
        let is_closed = accesses.is_all_seen() && accesses.own_writes().next().is_some();
        for read in accesses.own_reads().filter(|_| is_closed) {
            reads
                .entry(read.service)
                .or_default()
                .push((accesses, read));
        }
    }
    if reads.is_empty() {
        return;
    }
    let routes = facts
        .system
        .services
        .iter()
        .flat_map(|service| &service.routes);
    for route in routes.filter(|route| route.queues.len() > 1) {
        let siblings = || {
            let queues = route.queues.iter();
            let queues = queues.filter_map(|queue| facts.wiring.queue(&queue.value));
            queues.flat_map(|queue| queue.readers.iter().copied())
        };
        for (accesses, read) in siblings().filter_map(|reader| reads.get(&reader)).flatten() {
            let is_sibling = |write: &Access<'_>| {
                write.is_own_id
                    && write.service != read.service
                    && siblings().any(|sibling| sibling == write.service)
            };
            if let Some(write) = accesses
                .writes
                .first()
                .filter(|_| accesses.writes.iter().all(is_sibling))
            {
                findings.push(BucketRace {
                    route,
                    reader: facts.wiring.service(read.service),
                    writer: facts.wiring.service(write.service),
                    read,
                    write,
                });
            }
        }
    }
}

/// The route, and the two that it sets going at once.
struct BucketRace<'s> {
    route: &'s Route,
    reader: &'s Service,
    writer: &'s Service,
    read: &'s Access<'s>,
    write: &'s Access<'s>,
}

impl Finding for BucketRace<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        format!(
            "`{}` may read from the bucket `{}` before `{}` has written",
            self.reader.name.value, self.read.bucket.name.value, self.writer.name.value
        )
    }

    fn labels(&self) -> Vec<Label> {
        vec![
            Label::primary(&self.route.span, "both get the id at once"),
            Label::secondary(&self.write.bucket.name.span, "written to here"),
            Label::secondary(self.write.at, "by this code"),
            Label::secondary(&self.read.bucket.name.span, "and read from here"),
            Label::secondary(self.read.at, "by this code"),
        ]
    }

    fn help(&self) -> Option<String> {
        Some(format!(
            "route the case to `{}` alone, and from there to `{}`",
            self.writer.name.value, self.reader.name.value
        ))
    }
}

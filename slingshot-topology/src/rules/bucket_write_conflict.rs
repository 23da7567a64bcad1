//! Two services that write the same file.

use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Label, Persona, Rule, Severity,
};
use std::collections::{BTreeMap, BTreeSet};

use crate::{
    facts::Access,
    hashing::HashMap,
    system::{Route, Service},
};

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "bucket-write-conflict",
    severity: Severity::Error,
    confidence: Confidence::High,
    persona: Persona::Regular,
    family: Family::Buckets,
    check: Some(check),
    what: "One case goes to two services that both write into one bucket under the id that they get.",
    why: "
An object's name is the id alone, so that both write the same object: the one that is later wins, and the work of the
other is lost. Give each a bucket of its own. Services that write into one bucket without getting the same id from
one case, branches of different cases for instance, are a remark.",
    before: Example::WithCode {
        toml: r#"
[topology]
sources = ["sniff"]
external-buckets = ["found"]

[services.sniff]
in = "sniff"
out = [{ case = "text", queues = ["words", "links"] }]

[services.words]
in = "words"
buckets = { out = "found" }
out = [{ case = "text", queues = [] }]

[services.links]
in = "links"
buckets = { out = "found" }
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
fn links(request: u64, write_file: &WriteFileFn) {
    let file = write_file("out", request);
}
"#,
    },
    after: Example::WithCode {
        toml: r#"
[topology]
sources = ["sniff"]
external-buckets = ["words", "links"]

[services.sniff]
in = "sniff"
out = [{ case = "text", queues = ["words", "links"] }]

[services.words]
in = "words"
buckets = { out = "words" }
out = [{ case = "text", queues = [] }]

[services.links]
in = "links"
buckets = { out = "links" }
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
fn links(request: u64, write_file: &WriteFileFn) {
    let file = write_file("out", request);
}
"#,
    },
};

/// How many of the services that write a bucket are shown.
const SHOWN: usize = 4;

fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let shared: BTreeMap<&str, Vec<Access<'_>>> = facts
        .objects()
        .buckets()
        .filter_map(|(name, accesses)| {
            let mut writers: Vec<_> = accesses.own_writes().copied().collect();
            writers.dedup_by_key(|writer| writer.service);
            (writers.len() > 1).then_some((name, writers))
        })
        .collect();
    let mut of_service: HashMap<usize, Vec<Access<'_>>> = HashMap::default();
    for writer in shared.values().flatten() {
        of_service.entry(writer.service).or_default().push(*writer);
    }
    if of_service.is_empty() {
        return;
    }
    let mut certain = BTreeSet::new();
    let routes = facts
        .system
        .services
        .iter()
        .flat_map(|service| &service.routes);
    for route in routes.filter(|route| route.queues.len() > 1) {
        let mut known: HashMap<&str, Access<'_>> = HashMap::default();
        for second in readers(facts, route)
            .filter_map(|reader| of_service.get(&reader))
            .flatten()
        {
            let name = &*second.bucket.name.value;
            let first = *known.entry(name).or_insert(*second);
            if first.service != second.service
                && certain.insert((name, first.service, second.service))
            {
                findings.push(BucketWriteConflict {
                    name,
                    writers: vec![first, *second],
                    services: [first, *second]
                        .map(|writer| facts.wiring.service(writer.service))
                        .to_vec(),
                    route: Some(route),
                });
            }
        }
    }
    let certain: BTreeSet<&str> = certain.into_iter().map(|(name, ..)| name).collect();
    for (name, writers) in shared {
        if !certain.contains(name) {
            let services = writers.iter().take(SHOWN);
            findings.push(BucketWriteConflict {
                name,
                services: services
                    .map(|writer| facts.wiring.service(writer.service))
                    .collect(),
                writers,
                route: None,
            });
        }
    }
}

/// One service of each queue: those of one queue share its messages.
fn readers<'f>(facts: &'f Facts<'_>, route: &'f Route) -> impl Iterator<Item = usize> + 'f {
    let queues = route.queues.iter();
    let queues = queues.filter_map(|queue| facts.wiring.queue(&queue.value));
    queues.filter_map(|queue| queue.readers.first().copied())
}

/// The bucket, who writes it, and the route that gives two of them the same id.
struct BucketWriteConflict<'s> {
    name: &'s str,
    services: Vec<&'s Service>,
    writers: Vec<Access<'s>>,
    route: Option<&'s Route>,
}

impl Finding for BucketWriteConflict<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        let names: Vec<_> = self
            .services
            .iter()
            .map(|service| format!("`{}`", service.name.value))
            .collect();
        let names = names.join(" and ");
        match self.route {
            Some(_) => format!(
                "{names} get the same id and both write it into the bucket `{}`",
                self.name
            ),
            None => format!(
                "{names} write into the bucket `{}`, each under the ids that it gets",
                self.name
            ),
        }
    }

    fn labels(&self) -> Vec<Label> {
        let mut labels = Vec::new();
        for (writer, number) in self.writers.iter().take(SHOWN).zip(0..) {
            let text = if number == 0 {
                "one writes here"
            } else {
                "and another here"
            };
            labels.push(Label {
                primary: number == 0,
                ..Label::secondary(&writer.bucket.name.span, text)
            });
            labels.push(Label::secondary(
                writer.at,
                "written under the message's own id",
            ));
        }
        if let Some(route) = self.route {
            labels.push(Label::secondary(&route.span, "gives both the same id"));
        }
        labels
    }

    fn help(&self) -> Option<String> {
        Some("give each of them a bucket of its own".to_owned())
    }

    fn severity(&self) -> Severity {
        match self.route {
            Some(_) => RULE.severity,
            None => Severity::Info,
        }
    }

    fn confidence(&self) -> Confidence {
        match self.route {
            Some(_) => RULE.confidence,
            None => Confidence::Low,
        }
    }
}

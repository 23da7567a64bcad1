//! A declaration of nothing.

use super::{
    Confidence, Edit, Example, Facts, Family, Finding, Findings, Fix, Label, Persona, Rule,
    Severity, Span,
};
use std::{cell::OnceCell, collections::BTreeSet};

use crate::{
    diagnostic::{Explained, Symptom},
    spelling::Spelling,
    system::Group,
};

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "declared-unknown",
    severity: Severity::Error,
    confidence: Confidence::High,
    persona: Persona::Regular,
    family: Family::Graph,
    check: Some(check),
    what: "`[topology]` names a queue, a service, a tag or a bucket that is not in the system.",
    why: "
The declaration protects nothing: either the name is misspelt, and the real one is unprotected, or what it was
for is gone. That goes for sources that no service reads, sinks that no route feeds, both ends of a `deny` and
all three of a `require`, and buckets from outside that no service uses.",
    before: Example::Toml(
        r#"
[topology]
sources = ["snif"]
sinks = []

[services.sniff]
in = "sniff"
out = []
"#,
    ),
    after: Example::Toml(
        r#"
[topology]
sources = ["sniff"]
sinks = []

[services.sniff]
in = "sniff"
out = []
"#,
    ),
};

fn check(facts: &Facts<'_>, findings: &mut Findings) {
    if !facts.system.complete {
        return;
    }
    for declared in &facts.system.sources {
        let queue = facts.wiring.queue(&declared.value);
        if queue.is_none_or(|queue| queue.readers.is_empty()) {
            let meant = facts.spelling.nearest(&declared.value);
            let partner = facts.loose().started_by(meant);
            findings.push(DeclaredUnknown {
                name: &declared.value,
                at: &declared.span,
                lacks: "no service reads the source",
                meant,
                symptom: Some(Symptom::Unread(declared.value.clone())),
                explains: symptoms_of_start(facts, partner),
            });
        }
    }
    let unread = OnceCell::new();
    for declared in &facts.system.sinks {
        let queue = facts.wiring.queue(&declared.value);
        if queue.is_none_or(|queue| queue.feeds.is_empty()) {
            let unread = unread.get_or_init(|| {
                let queues = facts.wiring.queues.iter();
                let unread = queues.filter(|queue| queue.is_unread());
                Spelling::of(unread.map(|queue| queue.name).collect())
            });
            let meant = unread.nearest(&declared.value);
            let partner = facts.loose().feeder_of(meant);
            findings.push(DeclaredUnknown {
                name: &declared.value,
                at: &declared.span,
                lacks: "no route feeds the sink",
                meant,
                symptom: None,
                explains: partner
                    .map(|name| Symptom::Unread(name.to_owned()))
                    .into_iter()
                    .collect(),
            });
        }
    }
    rates(facts, findings);
    policies(facts, findings);
    buckets(facts, findings);
}

/// Nothing feeds the queue that is meant, and who reads it may have read another.
fn symptoms_of_start(facts: &Facts<'_>, queue: Option<&str>) -> Vec<Symptom> {
    let queue = queue.and_then(|name| facts.wiring.queue(name));
    let unfed = queue.map(|queue| Symptom::Unfed(queue.name.to_owned()));
    let readers = queue.into_iter().flat_map(|queue| &queue.readers);
    let names = readers.map(|&reader| facts.wiring.service(reader).name.value.to_string());
    unfed
        .into_iter()
        .chain(names.map(Symptom::Changed))
        .collect()
}

fn rates(facts: &Facts<'_>, findings: &mut Findings) {
    for rate in &facts.system.rates {
        let queue = facts.wiring.queue(&rate.queue.value);
        if queue.is_none() {
            findings.push(DeclaredUnknown {
                name: &rate.queue.value,
                at: &rate.queue.span,
                lacks: "no service reads or feeds the queue",
                meant: facts.spelling.nearest(&rate.queue.value),
                symptom: None,
                explains: Vec::new(),
            });
        }
    }
}

fn policies(facts: &Facts<'_>, findings: &mut Findings) {
    let denied = facts.system.denied.iter();
    let denied = denied.flat_map(|denied| [&denied.from, &denied.to]);
    let required = facts.system.required.iter();
    let required = required.flat_map(|hop| [&hop.from, &hop.to, &hop.through]);
    if facts.system.denied.is_empty() && facts.system.required.is_empty() {
        return;
    }
    let groups = facts.groups();
    let names = OnceCell::new();
    let tags = OnceCell::new();
    for group in denied.chain(required) {
        if !groups.members(&group.value).is_empty() {
            continue;
        }
        let (name, lacks, meant) = match &group.value {
            Group::Service(name) => (
                name,
                "there is no service",
                names
                    .get_or_init(|| Spelling::of(groups.names().collect()))
                    .nearest(name),
            ),
            Group::Tag(tag) => (
                tag,
                "no service has the tag",
                tags.get_or_init(|| Spelling::of(groups.tags().collect()))
                    .nearest(tag),
            ),
        };
        findings.push(DeclaredUnknown {
            name,
            at: &group.span,
            lacks,
            meant,
            symptom: None,
            explains: Vec::new(),
        });
    }
}

fn buckets(facts: &Facts<'_>, findings: &mut Findings) {
    let Some(declared) = &facts.system.external_buckets else {
        return;
    };
    let services = facts.system.services.iter();
    let buckets = services.flat_map(|service| &service.buckets);
    let used: BTreeSet<&str> = buckets.map(|bucket| &*bucket.name.value).collect();
    let spelling = OnceCell::new();
    for bucket in declared {
        if !used.contains(&*bucket.value) {
            let spelling = spelling.get_or_init(|| Spelling::of(used.iter().copied().collect()));
            let meant = spelling.nearest(&bucket.value);
            findings.push(DeclaredUnknown {
                name: &bucket.value,
                at: &bucket.span,
                lacks: "no service uses the bucket",
                meant,
                symptom: Some(Symptom::Bucket(bucket.value.clone())),
                explains: meant
                    .map(|meant| Symptom::Bucket(meant.to_owned()))
                    .into_iter()
                    .collect(),
            });
        }
    }
}

/// The declaration, and what may have been meant.
struct DeclaredUnknown<'s> {
    name: &'s str,
    at: &'s Span,
    lacks: &'static str,
    meant: Option<&'s str>,
    symptom: Option<Symptom>,
    explains: Vec<Symptom>,
}

impl Finding for DeclaredUnknown<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        format!("{} `{}`", self.lacks, self.name)
    }

    fn labels(&self) -> Vec<Label> {
        vec![Label::primary(self.at, "names nothing in this system")]
    }

    fn help(&self) -> Option<String> {
        let meant = self.meant?;
        Some(format!("did you mean `{meant}`?"))
    }

    fn symptom(&self) -> Option<Symptom> {
        self.symptom.clone()
    }

    fn explains(&self) -> Vec<Explained> {
        let explains = self.explains.iter().cloned();
        explains.map(Explained::This).collect()
    }

    fn fixes(&self) -> Vec<Fix> {
        let fix = |meant: &str| {
            let tag = if self.at.text().contains("tag:") {
                "tag:"
            } else {
                ""
            };
            let edit = Edit::name(self.at, &format!("{tag}{meant}"));
            Fix::proposed(format!("write `{tag}{meant}`"), vec![edit])
        };
        self.meant.map(fix).into_iter().collect()
    }
}

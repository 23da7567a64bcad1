//! A key that stands for no bucket.

use super::{
    Confidence, Edit, Example, Facts, Family, Finding, Findings, Fix, Label, Persona, Rule,
    Severity,
};
use crate::{
    diagnostic::{Explained, Symptom},
    facts::Unresolved,
    system::{Bucket, Service},
};

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
    // A bucket may be among what could not be read.
    if !facts.system.complete {
        return;
    }
    let unresolved = &facts.objects().unresolved;
    for of_one in unresolved.chunk_by(|one, next| one.service == next.service) {
        let Some((first, others)) = of_one.split_first() else {
            continue;
        };
        let service = facts.wiring.service(first.service);
        // Who has no bucket at all has forgotten one thing.
        let at_once = if service.buckets.is_empty() {
            others
        } else {
            &[]
        };
        for unresolved in &of_one[..of_one.len() - at_once.len()] {
            findings.push(BucketKeyUnresolved {
                service,
                unresolved,
                others: at_once,
            });
        }
    }
}

/// The key and where the code uses it.
struct BucketKeyUnresolved<'s> {
    service: &'s Service,
    unresolved: &'s Unresolved<'s>,
    /// The other keys of a service that has no bucket.
    others: &'s [Unresolved<'s>],
}

impl BucketKeyUnresolved<'_> {
    /// `` `in` and `out` ``
    fn keys(&self) -> String {
        let others = self.others.iter().map(|other| other.key);
        let keys = std::iter::once(self.unresolved.key).chain(others);
        let keys: Vec<_> = keys.map(|key| format!("`{key}`")).collect();
        keys.join(" and ")
    }
}

impl Finding for BucketKeyUnresolved<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        let noun = if self.others.is_empty() {
            "key"
        } else {
            "keys"
        };
        format!(
            "service `{}` has no bucket for the {noun} {}",
            self.service.name.value,
            self.keys()
        )
    }

    fn labels(&self) -> Vec<Label> {
        let missing = format!("no bucket {} here", self.keys());
        let mut labels = vec![Label::primary(&self.service.name.span, missing)];
        if let Some(meant) = self.unresolved.meant {
            let text = "the code does not use this key";
            labels.push(Label::secondary(&meant.key.span, text));
        }
        let others = self.others.iter().flat_map(|other| &other.uses);
        let uses = self.unresolved.uses.iter().chain(others);
        labels.extend(uses.map(|at| Label::secondary(at, "used by the code")));
        labels
    }

    fn help(&self) -> Option<String> {
        Some(match self.unresolved.meant {
            Some(meant) => format!(
                "did you mean `{}` where the map says `{}`?",
                self.unresolved.key, meant.key.value
            ),
            None => format!(
                "add `buckets = {{ {} = \"..\" }}` with the real bucket's name",
                self.unresolved.key
            ),
        })
    }

    fn symptom(&self) -> Option<Symptom> {
        Some(Symptom::UnknownKey(self.service.name.value.to_string()))
    }

    fn explains(&self) -> Vec<Explained> {
        let Some(meant) = self.unresolved.meant else {
            let unused = Symptom::UnusedKey(self.service.name.value.to_string());
            return vec![Explained::This(unused), Explained::EVERY_BUCKET];
        };
        let bucket = Symptom::Bucket(meant.name.value.clone());
        vec![Explained::This(bucket)]
    }

    fn fixes(&self) -> Vec<Fix> {
        let key = self.unresolved.key;
        let fix = |meant: &Bucket| {
            Fix::proposed(
                format!("write `{key}`"),
                vec![Edit::name(&meant.key.span, key)],
            )
        };
        self.unresolved.meant.map(fix).into_iter().collect()
    }
}

//! Objects that stay behind.

use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Label, Persona, Rule, Severity,
};

use crate::{
    code::CodeService,
    diagnostic::{Explained, Symptom},
    hashing::HashMap,
    source::Span,
    system::Bucket,
};

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "bucket-moved",
    severity: Severity::Error,
    confidence: Confidence::High,
    persona: Persona::Regular,
    family: Family::Change,
    check: Some(check),
    what: "A key that a service at work reads from stands for another bucket.",
    why: "
The ids on their way were given objects in the old bucket; read from the new one they are not found, and their
messages become dead letters. Copy the objects first, or let the queues run empty before the change. Where the
code only writes by the key, this is a warning: its readers have to move with it.",
    before: Example::Complete {
        previous: r#"
[topology]
sources = ["sniff"]

[services.sniff]
in = "sniff"
buckets = { in = "raw" }
"#,
        toml: r#"
[topology]
sources = ["sniff"]

[services.sniff]
in = "sniff"
buckets = { in = "documents" }
"#,
        rust: r#"
#[microservice(name = "sniff")]
fn sniff(request: u64, read_file: &ReadFileFn) -> Result<(), AnyError> {
    read_file("in", request)?;
    Ok(())
}
"#,
    },
    after: Example::Complete {
        previous: r#"
[topology]
sources = ["sniff"]

[services.sniff]
in = "sniff"
buckets = { in = "raw" }
"#,
        toml: r#"
[topology]
sources = ["sniff"]

[services.sniff]
in = "sniff"
buckets = { in = "raw", out = "documents" }
"#,
        rust: r#"
#[microservice(name = "sniff")]
fn sniff(request: u64, read_file: &ReadFileFn, write_file: &WriteFileFn) -> Result<(), AnyError> {
    read_file("in", request)?;
    write_file("out", request)?;
    Ok(())
}
"#,
    },
};

fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let Some(change) = facts.change() else {
        return;
    };
    let mut code: HashMap<&str, Vec<&CodeService>> = HashMap::default();
    for (service, function) in facts.implemented() {
        code.entry(&*service.name.value).or_default().push(function);
    }
    for kept in &change.kept {
        let old = kept.before.buckets.iter();
        let old: HashMap<&str, &Bucket> = old.map(|bucket| (&*bucket.key.value, bucket)).collect();
        for new in &kept.after.buckets {
            let Some(old) = old.get(&*new.key.value) else {
                continue;
            };
            if old.name.value != new.name.value {
                let functions = code.get(kept.name());
                findings.push(BucketMoved {
                    service: kept.name(),
                    old,
                    new,
                    read_at: functions.and_then(|all| all.iter().find_map(|one| read(one, new))),
                    has_code: functions.is_some(),
                });
            }
        }
    }
}

fn read<'s>(function: &'s CodeService, bucket: &Bucket) -> Option<&'s Span> {
    let mut reads = function.reads.iter();
    let read = reads.find(|key| key.value == bucket.key.value)?;
    Some(&read.span)
}

/// The two buckets.
struct BucketMoved<'s> {
    service: &'s str,
    old: &'s Bucket,
    new: &'s Bucket,
    read_at: Option<&'s Span>,
    has_code: bool,
}

impl Finding for BucketMoved<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        let Self {
            service, old, new, ..
        } = self;
        format!(
            "the key `{}` of service `{service}` moves from the bucket `{}` to `{}`",
            new.key.value, old.name.value, new.name.value
        )
    }

    fn labels(&self) -> Vec<Label> {
        let mut labels = vec![
            Label::primary(
                &self.new.name.span,
                "has no objects of the ids on their way",
            ),
            Label::secondary(&self.old.name.span, "which are here"),
        ];
        labels.extend(self.read_at.map(|at| Label::secondary(at, "read here")));
        labels
    }

    fn explains(&self) -> Vec<Explained> {
        let buckets = [self.old, self.new].map(|bucket| bucket.name.value.clone());
        let buckets = buckets.map(|name| Explained::This(Symptom::Bucket(name)));
        buckets.to_vec()
    }

    fn help(&self) -> Option<String> {
        Some(
            "copy the objects before the map is served, or let the queues run empty first"
                .to_owned(),
        )
    }

    fn severity(&self) -> Severity {
        if self.has_code && self.read_at.is_none() {
            Severity::Warning
        } else {
            RULE.severity
        }
    }

    fn confidence(&self) -> Confidence {
        if self.has_code {
            RULE.confidence
        } else {
            Confidence::Medium
        }
    }
}

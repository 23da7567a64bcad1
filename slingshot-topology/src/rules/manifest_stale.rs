//! A manifest that its source has outgrown.

use std::collections::BTreeMap;

use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Label, Persona, Rule, Severity,
};
use crate::dialect::Dialect;
use crate::{
    code::{Cases, Code, CodeService},
    hashing::{HashMap, HashSet},
    source::Spanned,
};

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "manifest-stale",
    severity: Severity::Error,
    confidence: Confidence::High,
    persona: Persona::Regular,
    family: Family::Code,
    check: Some(check),
    what: "A manifest says something else than the source that is here too.",
    why: "
A manifest is checked in place of sources that are elsewhere. Those who have only the manifest are told what was
true when it was written.",
    before: Example::WithManifest {
        toml: r#"
[topology]
sources = ["sniff"]

[services.sniff]
in = "sniff"
buckets = { in = "raw" }
out = [{ case = "text", queues = [] }, { case = "image", queues = [] }]
"#,
        rust: r#"
#[derive(Case)]
enum Kind { Text, Image }

#[microservice(name = "sniff")]
fn process(request: u64, read_file: &ReadFileFn) -> (u64, Kind) {
    let file = read_file("in", request);
    // ..
}
"#,
        manifest: r#"
{
  "format_version": 1,
  "services": [{ "name": "sniff", "cases": ["text"], "reads": ["in"] }]
}
"#,
    },
    after: Example::WithManifest {
        toml: r#"
[topology]
sources = ["sniff"]

[services.sniff]
in = "sniff"
buckets = { in = "raw" }
out = [{ case = "text", queues = [] }, { case = "image", queues = [] }]
"#,
        rust: r#"
#[derive(Case)]
enum Kind { Text, Image }

#[microservice(name = "sniff")]
fn process(request: u64, read_file: &ReadFileFn) -> (u64, Kind) {
    let file = read_file("in", request);
    // ..
}
"#,
        manifest: r#"
{
  "format_version": 1,
  "services": [{ "name": "sniff", "cases": ["image", "text"], "reads": ["in"] }]
}
"#,
    },
};

fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let Some(code) = facts.code.filter(|code| !code.described.is_empty()) else {
        return;
    };
    let mut scanned: HashMap<&str, &CodeService> = HashMap::default();
    for service in &code.services {
        scanned.entry(&service.name).or_insert(service);
    }
    for described in &code.described {
        if let Some(service) = scanned.get(&*described.name) {
            let differences = differences(described, service);
            if !differences.is_empty() {
                findings.push(ManifestStale::Differs {
                    described,
                    service,
                    differences,
                });
            }
        }
    }
    undescribed(code, &scanned, findings);
}

/// What only one of the two says, each where it is said.
fn differences(described: &CodeService, service: &CodeService) -> Vec<Label> {
    let mut found = Vec::new();
    // What the scan could not follow, the compiler may have.
    if let (Cases::Closed(described), Cases::Closed(in_code)) = (&described.cases, &service.cases) {
        only_one(described, in_code, Seen::All, &mut found);
    }
    let seen = if service.are_keys_known {
        Seen::All
    } else {
        Seen::Some
    };
    only_one(&described.reads, &service.reads, seen, &mut found);
    only_one(&described.writes, &service.writes, seen, &mut found);
    found
}

/// How much of the code the scan saw.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Seen {
    All,
    Some,
}

fn only_one<T: Ord>(
    described: &[Spanned<T>],
    in_code: &[Spanned<T>],
    seen: Seen,
    found: &mut Vec<Label>,
) {
    let by_value = |all| -> BTreeMap<&T, &Spanned<T>> {
        let all: &[Spanned<T>] = all;
        all.iter().map(|one| (&one.value, one)).collect()
    };
    let (described, in_code) = (by_value(described), by_value(in_code));
    let only = |one: &BTreeMap<&T, &Spanned<T>>, other: &BTreeMap<&T, &Spanned<T>>, text: &str| {
        let only = one.iter().filter(|(value, _)| !other.contains_key(*value));
        let labels = only.map(|(_, one)| Label::secondary(&one.span, text));
        labels.collect::<Vec<_>>()
    };
    found.extend(only(&in_code, &described, "not in the manifest"));
    if seen == Seen::All {
        found.extend(only(&described, &in_code, "not in the source"));
    }
}

/// Services that stand in one file with others that a manifest describes.
fn undescribed<'s>(
    code: &'s Code,
    scanned: &HashMap<&str, &'s CodeService>,
    findings: &mut Findings,
) {
    let names: HashSet<&str> = code
        .described
        .iter()
        .map(|service| &*service.name)
        .collect();
    let mut beside: HashMap<&str, &CodeService> = HashMap::default();
    for described in &code.described {
        if let Some(service) = scanned.get(&*described.name) {
            beside.entry(&service.at.file.path).or_insert(described);
        }
    }
    for service in &code.services {
        if let Some(beside) = beside.get(&*service.at.file.path)
            && !names.contains(&*service.name)
        {
            findings.push(ManifestStale::Lacks { beside, service });
        }
    }
}

/// A manifest and the source that it is not true of.
enum ManifestStale<'s> {
    Differs {
        described: &'s CodeService,
        service: &'s CodeService,
        differences: Vec<Label>,
    },
    Lacks {
        beside: &'s CodeService,
        service: &'s CodeService,
    },
}

impl Finding for ManifestStale<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        match self {
            Self::Differs { described, .. } => {
                format!(
                    "the manifest of `{}` is not what its source says",
                    described.name
                )
            }
            Self::Lacks { service, .. } => {
                format!("the manifest does not describe `{}`", service.name)
            }
        }
    }

    fn labels(&self) -> Vec<Label> {
        match self {
            Self::Differs {
                described,
                service,
                differences,
            } => {
                let mut labels = vec![
                    Label::primary(&described.at, "described here"),
                    Label::secondary(&service.at, "written here"),
                ];
                labels.extend(differences.iter().cloned());
                labels
            }
            Self::Lacks { beside, service } => vec![
                Label::primary(&beside.at, "describes what stands in the same file"),
                Label::secondary(&service.at, "not described"),
            ],
        }
    }

    fn help(&self) -> Option<String> {
        let (Self::Differs { service, .. } | Self::Lacks { service, .. }) = self;
        let program = Dialect::at(&service.at).program().to_uppercase();
        Some(format!(
            "write the manifest again: `slingshot describe {program} > MANIFEST`"
        ))
    }
}

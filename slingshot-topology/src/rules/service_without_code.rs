//! A service that lives elsewhere.

use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Label, Persona, Rule, Severity,
};

use crate::{hashing::HashSet, system::Service};

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "service-without-code",
    severity: Severity::Info,
    confidence: Confidence::Medium,
    persona: Persona::Regular,
    family: Family::Code,
    check: Some(check),
    what: "The system declares a service that the scanned source does not have.",
    why: "
It may be written in another language or live in another repository, where this check cannot see its cases; or it
is gone. `external = true` says that its code is elsewhere.",
    before: Example::WithCode {
        toml: r#"
[topology]
sources = ["sniff"]
sinks = ["words"]

[services.sniff]
in = "sniff"
out = [
  { case = "text", queues = ["words"] },
  { case = "image", queues = [] },
]

[services.words]
in = "words"
out = []
"#,
        rust: r#"
#[derive(Case)]
enum Kind {
    Text,
    Image,
}

#[microservice(name = "sniff")]
fn sniff(request: u64) -> (u64, Kind) {
    // ..
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
fn sniff(request: u64) -> (u64, Kind) {
    // ..
}
"#,
    },
};

fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let Some(code) = facts.code else {
        return;
    };
    let known: HashSet<&str> = code.services.iter().map(|service| &*service.name).collect();
    // A name that only differs from one in the code is a finding of its own.
    let misspelt: HashSet<&str> = facts.misnamed().map(|(_, meant)| meant).collect();
    for service in facts
        .system
        .services
        .iter()
        .filter(|service| !service.is_external)
    {
        let name = &*service.name.value;
        if !known.contains(name) && !misspelt.contains(name) {
            findings.push(ServiceWithoutCode { service });
        }
    }
}

/// The declared service.
struct ServiceWithoutCode<'s> {
    service: &'s Service,
}

impl Finding for ServiceWithoutCode<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        format!("the source has no service `{}`", self.service.name.value)
    }

    fn labels(&self) -> Vec<Label> {
        vec![Label::primary(
            &self.service.name.span,
            "its cases and buckets were not checked",
        )]
    }

    fn help(&self) -> Option<String> {
        Some("if its code is elsewhere, say so with `external = true`".to_owned())
    }
}

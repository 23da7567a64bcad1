//! A service that lives elsewhere.

use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Label, Persona, Rule, Severity,
};

use crate::{dialect::Dialect, hashing::HashSet, source::Spanned, system::Service};

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "service-without-code",
    severity: Severity::Warning,
    confidence: Confidence::Medium,
    persona: Persona::Regular,
    family: Family::Code,
    check: Some(check),
    what: "The system declares a service that the scanned source does not have.",
    why: "
It may be written in another language or live in another repository, where this check cannot see its cases; or it
is gone. `external = true` says that its code is elsewhere. That is an info. Where `python` names the script that was to make
it, `slingshot run` does not begin: a warning.",
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
            let script = service.python.as_ref();
            let is_there = |script: &&Spanned<String>| {
                code.is_complete && facts.missing.iter().all(|it| it.span != script.span)
            };
            findings.push(ServiceWithoutCode {
                service,
                script: script.filter(is_there),
            });
        }
    }
}

/// The declared service.
struct ServiceWithoutCode<'s> {
    service: &'s Service,
    /// The script that was to make it, and was read.
    script: Option<&'s Spanned<String>>,
}

impl Finding for ServiceWithoutCode<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        let name = &self.service.name.value;
        match self.script {
            Some(script) => format!("the script {} has no service `{name}`", script.value),
            None => format!("the source has no service `{name}`"),
        }
    }

    fn labels(&self) -> Vec<Label> {
        let text = "its cases and buckets were not checked";
        let mut labels = vec![Label::primary(&self.service.name.span, text)];
        labels.extend(
            self.script
                .map(|script| Label::secondary(&script.span, "nothing there makes it")),
        );
        labels
    }

    /// What is named and not there does not run.
    fn severity(&self) -> Severity {
        match self.script {
            Some(_) => RULE.severity,
            None => Severity::Info,
        }
    }

    fn help(&self) -> Option<String> {
        Some(match self.script {
            Some(_) => {
                let annotation = Dialect::Python.microservice(&self.service.name.value);
                format!("write a function with {annotation}, or a `Microservice(..)` of this name")
            }
            None => "if its code is elsewhere, say so with `external = true`".to_owned(),
        })
    }
}

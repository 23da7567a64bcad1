//! Two services of one name.

use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Label, Named, Persona, Rule, Severity,
    same_names,
};
use crate::code::CodeService;
use crate::diagnostic::{Explained, Symptom};
use crate::dialect::Dialect;

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "service-duplicate",
    severity: Severity::Error,
    confidence: Confidence::High,
    persona: Persona::Regular,
    family: Family::Code,
    check: Some(check),
    what: "Two functions with `#[microservice]` in one binary have the same name.",
    why: "
A service is asked for and started by its name. The binary that holds both refuses to start. A binary holds its own
modules and those of the libraries that it uses. Functions that `cfg` may leave out, by themselves or with their
module, are not compared.",
    before: Example::WithCode {
        toml: r#"
[topology]
sources = ["sniff"]

[services.sniff]
in = "sniff"
out = []
"#,
        rust: r#"
#[microservice(name = "sniff")]
fn by_name(request: u64) {
    // ..
}

#[microservice(name = "sniff")]
fn by_content(request: u64) {
    // ..
}
"#,
    },
    after: Example::WithCode {
        toml: r#"
[topology]
sources = ["sniff", "look"]

[services.sniff]
in = "sniff"
out = []

[services.look]
in = "look"
out = []
"#,
        rust: r#"
#[microservice(name = "sniff")]
fn by_name(request: u64) {
    // ..
}

#[microservice(name = "look")]
fn by_content(request: u64) {
    // ..
}
"#,
    },
};

fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let services = facts.code.into_iter().flat_map(|code| &code.services);
    let services = services.filter(|service| !service.is_conditional);
    for (first, service) in same_names(services, named) {
        findings.push(ServiceDuplicate { first, service });
    }
}

fn named(service: &CodeService) -> Named<'_> {
    Named {
        name: &service.name,
        at: &service.at,
        processes: &service.processes,
    }
}

/// The service and the one before it.
struct ServiceDuplicate<'s> {
    first: &'s CodeService,
    service: &'s CodeService,
}

impl Finding for ServiceDuplicate<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        format!("there are two services called `{}`", self.service.name)
    }

    /// The functions of a name add up.
    fn explains(&self) -> Vec<Explained> {
        let name = || self.service.name.clone();
        let all = [Symptom::UnknownKey(name()), Symptom::Unrouted(name())];
        all.map(Explained::This).to_vec()
    }

    fn labels(&self) -> Vec<Label> {
        vec![
            Label::primary(&self.service.at, "has the name of another"),
            Label::secondary(&self.first.at, "the first one"),
        ]
    }

    fn help(&self) -> Option<String> {
        let dialect = Dialect::at(&self.service.at);
        let annotation = dialect.microservice("..");
        Some(format!("give one of them another name: {annotation}"))
    }
}

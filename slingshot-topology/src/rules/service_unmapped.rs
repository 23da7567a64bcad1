//! A service that the map does not know.

use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Label, Persona, Rule, Severity, Span,
};

use crate::{
    code::CodeService,
    diagnostic::{Explained, Symptom},
    hashing::HashMap,
    system::Service,
};

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "service-unmapped",
    severity: Severity::Error,
    confidence: Confidence::High,
    persona: Persona::Regular,
    family: Family::Code,
    check: Some(check),
    what: "The source has a service that the system does not declare.",
    why: "
It asks the sys-map for its queue, gets a 404 and does not start.",
    before: Example::WithCode {
        toml: r#"
[topology]
sources = ["sniff"]
sinks = ["words"]

[services.snif]
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
    let Some(code) = facts.code.filter(|_| facts.system.complete) else {
        return;
    };
    let misnamed: HashMap<&str, &str> = facts.misnamed().collect();
    for service in &code.services {
        if !facts.services().contains_key(&*service.name) {
            let meant = misnamed.get(&*service.name);
            findings.push(ServiceUnmapped {
                service,
                declared: facts.system.services_at.as_ref(),
                meant: meant.and_then(|meant| facts.services().get(meant).copied()),
            });
        }
    }
}

/// The service in the source.
struct ServiceUnmapped<'s> {
    service: &'s CodeService,
    declared: Option<&'s Span>,
    /// One that the code does not have.
    meant: Option<&'s Service>,
}

impl Finding for ServiceUnmapped<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        format!(
            "the system does not declare the service `{}`",
            self.service.name
        )
    }

    fn labels(&self) -> Vec<Label> {
        let mut labels = vec![Label::primary(
            &self.service.at,
            "asks the sys-map under this name",
        )];
        if let Some(meant) = self.meant {
            let text = "the code has no service of this name";
            labels.push(Label::secondary(&meant.name.span, text));
        } else if let Some(declared) = self.declared {
            labels.push(Label::secondary(declared, "not among these"));
        }
        labels
    }

    fn symptom(&self) -> Option<Symptom> {
        let at = &self.service.at;
        Some(Symptom::Unmapped(at.file.path.clone(), at.start))
    }

    /// Which queues and buckets it has, nobody knows.
    fn explains(&self) -> Vec<Explained> {
        let every = |symptom: &Symptom| {
            matches!(
                symptom,
                Symptom::Unfed(_) | Symptom::Unread(_) | Symptom::Bucket(_)
            )
        };
        let name = || self.service.name.clone();
        let own = [Symptom::Unknown(name()), Symptom::Changed(name())];
        let own = own.map(Explained::This);
        let every = self.meant.is_none().then_some(Explained::Every(every));
        every.into_iter().chain(own).collect()
    }

    fn help(&self) -> Option<String> {
        let name = &self.service.name;
        Some(match self.meant {
            Some(meant) => format!("did you mean `{}`?", meant.name.value),
            None => format!("add a section `[services.{name}]` with `in` and `out`"),
        })
    }
}

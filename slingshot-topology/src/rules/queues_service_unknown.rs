//! An id for a service that does not exist.

use super::{
    Confidence, Edit, Example, Facts, Family, Finding, Findings, Fix, Label, Persona, Rule,
    Severity, Span,
};
use crate::{
    diagnostic::{Symptom, did_you_mean},
    source::Spanned,
};

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "queues-service-unknown",
    severity: Severity::Error,
    confidence: Confidence::Medium,
    persona: Persona::Regular,
    family: Family::Handlers,
    check: Some(check),
    what: "The code sends an id to a service that the system does not declare.",
    why: "
`queues.send(\"count\", id)` asks the sys-map for the queue of the service `count`. Where there is none, the call fails
every time, but only when the code gets there. Where the system declares no services at all, they may be another
system's, and the finding is a warning.",
    before: Example::WithCode {
        toml: r#"
[topology]
sources = ["count"]

[http]
listen = "127.0.0.1:8080"

[services.count]
in = "count"
out = []
"#,
        rust: r#"
#[handler]
async fn start(text: String, queues: &Queues) -> Result<String, AnyError> {
    queues.send("cuont", save(&text)?).await?;
    Ok("started".to_owned())
}

#[microservice(name = "count")]
fn count(request: u64) {
    // ..
}
"#,
    },
    after: Example::WithCode {
        toml: r#"
[topology]
sources = ["count"]

[http]
listen = "127.0.0.1:8080"

[services.count]
in = "count"
out = []
"#,
        rust: r#"
#[handler]
async fn start(text: String, queues: &Queues) -> Result<String, AnyError> {
    queues.send("count", save(&text)?).await?;
    Ok("started".to_owned())
}

#[microservice(name = "count")]
fn count(request: u64) {
    // ..
}
"#,
    },
};

fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let Some(code) = facts.code.filter(|_| facts.system.complete) else {
        return;
    };
    let services = &facts.system.services;
    let mut reported: Vec<&Span> = Vec::new();
    for (caller, service) in code.sends() {
        // A helper's call is that of everyone who calls the helper.
        if facts.services().contains_key(&*service.value) || reported.contains(&&service.span) {
            continue;
        }
        reported.push(&service.span);
        let names = services.iter().map(|service| &*service.name.value);
        findings.push(QueuesServiceUnknown {
            caller,
            service,
            meant: did_you_mean(&service.value, names),
            is_elsewhere: services.is_empty(),
        });
    }
}

/// The call.
struct QueuesServiceUnknown<'s> {
    caller: &'s str,
    service: &'s Spanned<String>,
    meant: Option<&'s str>,
    /// Whether it may be another system's.
    is_elsewhere: bool,
}

impl Finding for QueuesServiceUnknown<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        let name = &self.service.value;
        format!(
            "`{}` sends to the service `{name}`, which the system does not declare",
            self.caller
        )
    }

    fn labels(&self) -> Vec<Label> {
        let text = if self.is_elsewhere {
            "it may be another system's: this one declares none"
        } else {
            "no service has this name"
        };
        vec![Label::primary(&self.service.span, text)]
    }

    fn help(&self) -> Option<String> {
        let name = &self.service.value;
        Some(match self.meant {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("add a section `[services.{name}]` with `in` and `out`"),
        })
    }

    fn symptom(&self) -> Option<Symptom> {
        Some(Symptom::Unknown(self.service.value.clone()))
    }

    fn severity(&self) -> Severity {
        if self.is_elsewhere {
            Severity::Warning
        } else {
            RULE.severity
        }
    }

    fn fixes(&self) -> Vec<Fix> {
        let fix = |meant: &str| {
            let edit = Edit::name(&self.service.span, meant);
            Fix::proposed(format!("send to `{meant}`"), vec![edit])
        };
        self.meant.map(fix).into_iter().collect()
    }
}

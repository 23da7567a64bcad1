//! A queue whose reader goes while it is fed.

use super::remark_if;
use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Label, Persona, Rule, Severity,
};
use crate::{diagnostic::Symptom, diff::is_drained, source::Span, system::Service};

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "service-removed",
    severity: Severity::Error,
    confidence: Confidence::High,
    persona: Persona::Regular,
    family: Family::Change,
    check: Some(check),
    what: "A service that is deployed goes, its queue is still fed, and nothing else reads it.",
    why: "
From the day of the change on, everything that is sent there waits for ever. Take the routes to it away first,
let the service empty its queue, and remove it then. If something outside of the system takes over the
queue, name it in `[topology] sinks`; a service or a queue that `[topology] retired` names makes this a remark.",
    before: Example::Against {
        previous: r#"
[topology]
sources = ["files"]

[services.sniff]
in = "files"
out = [{ case = "text", queues = ["words"] }]

[services.words]
in = "words"
"#,
        toml: r#"
[topology]
sources = ["files"]

[services.sniff]
in = "files"
out = [{ case = "text", queues = ["words"] }]
"#,
    },
    after: Example::Against {
        previous: r#"
[topology]
sources = ["files"]

[services.sniff]
in = "files"
out = [{ case = "text", queues = ["words"] }]

[services.words]
in = "words"
"#,
        toml: r#"
[topology]
sources = ["files"]
retired = ["words"]

[services.sniff]
in = "files"
out = [{ case = "text", queues = [] }]
"#,
    },
};

fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let Some(change) = facts.change() else {
        return;
    };
    for &index in &change.removed {
        let service = change.old.service(index);
        if let Some((queue, fed_at)) = still_fed(facts, service) {
            findings.push(ServiceRemoved {
                service,
                fed_at,
                is_retired: change.is_retired(&service.name.value) || change.is_retired(queue),
            });
        }
    }
}

/// The queue of a service that went, if nobody takes what is still sent to it, and where that is sent.
pub(crate) fn still_fed<'f>(facts: &'f Facts<'_>, gone: &Service) -> Option<(&'f str, &'f Span)> {
    let queue = facts.wiring.queue(&gone.inbound.value)?;
    if is_drained(Some(queue)) {
        return None;
    }
    Some((queue.name, queue.feeds.first()?.at))
}

/// The service, and where its queue is still fed.
struct ServiceRemoved<'s> {
    service: &'s Service,
    fed_at: &'s Span,
    is_retired: bool,
}

impl Finding for ServiceRemoved<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        let (service, queue) = (&self.service.name.value, &self.service.inbound.value);
        format!("service `{service}` goes, and its queue `{queue}` is still fed")
    }

    fn labels(&self) -> Vec<Label> {
        vec![
            Label::primary(self.fed_at, "nothing takes what is sent here"),
            Label::secondary(&self.service.name.span, "the service that reads it goes"),
        ]
    }

    fn symptom(&self) -> Option<Symptom> {
        Some(Symptom::Changed(self.service.name.value.to_string()))
    }

    fn help(&self) -> Option<String> {
        let queue = &self.service.inbound.value;
        Some(format!(
            "take the routes to `{queue}` away first and let it run empty, or give it another reader"
        ))
    }

    fn severity(&self) -> Severity {
        remark_if(&RULE, self.is_retired)
    }
}

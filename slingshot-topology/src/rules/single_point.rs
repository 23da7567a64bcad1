//! A service that everything depends on.

use std::collections::BTreeMap;

use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Label, Persona, Rule, Severity,
};
use crate::{system::Service, wiring::Queue};

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "single-point",
    severity: Severity::Info,
    confidence: Confidence::High,
    persona: Persona::Auditor,
    family: Family::Graph,
    check: Some(check),
    what: "Every way from the sources to a sink goes through one service.",
    why: "
While that service is down, nothing reaches the sink. That is how a pipeline is built, and no mistake; the rule
lists the services whose outage is everybody's, so that they get replicas and alerts first.",
    before: Example::Toml(
        r#"
[topology]
sources = ["scans", "mails"]
sinks = ["archive"]

[services.scan]
in = "scans"
out = [{ case = "done", queues = ["index"] }]

[services.mail]
in = "mails"
out = [{ case = "done", queues = ["index"] }]

[services.index]
in = "index"
out = [{ case = "kept", queues = ["archive"] }]
"#,
    ),
    after: Example::Toml(
        r#"
[topology]
sources = ["scans", "mails"]
sinks = ["archive"]

[services.scan]
in = "scans"
out = [{ case = "done", queues = ["archive"] }]

[services.mail]
in = "mails"
out = [{ case = "done", queues = ["archive"] }]
"#,
    ),
};

fn check(facts: &Facts<'_>, findings: &mut Findings) {
    if !facts.is_bounded() {
        return;
    }
    let wiring = &facts.wiring;
    let mut sinks_of: BTreeMap<usize, Vec<&Queue<'_>>> = BTreeMap::new();
    for (queue, services) in wiring.gates() {
        for service in services {
            sinks_of
                .entry(service)
                .or_default()
                .push(&wiring.queues[queue]);
        }
    }
    for (service, sinks) in sinks_of {
        findings.push(SinglePoint {
            service: wiring.service(service),
            sinks,
        });
    }
}

/// The service, and the sinks that depend on it.
struct SinglePoint<'s> {
    service: &'s Service,
    sinks: Vec<&'s Queue<'s>>,
}

impl Finding for SinglePoint<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        let names: Vec<_> = self
            .sinks
            .iter()
            .map(|sink| format!("`{}`", sink.name))
            .collect();
        format!(
            "without `{}`, nothing reaches {}",
            self.service.name.value,
            names.join(", ")
        )
    }

    fn labels(&self) -> Vec<Label> {
        let service = Label::primary(
            &self.service.name.span,
            "every way goes through this service",
        );
        let declared = self.sinks.iter().filter_map(|sink| sink.sink);
        let sinks = declared.map(|at| Label::secondary(at, "declared as drained from outside"));
        std::iter::once(service).chain(sinks).collect()
    }

    fn help(&self) -> Option<String> {
        Some("give it replicas on more than one host, and an alert of its own".to_owned())
    }
}

//! Replicas that never work.

use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Label, Persona, Rule, Severity,
};
use crate::system::Service;

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "prefetch-under-concurrency",
    severity: Severity::Warning,
    confidence: Confidence::High,
    persona: Persona::Regular,
    family: Family::Queues,
    check: Some(check),
    what: "A service's `prefetch` is smaller than its `replicas`.",
    why: "
The broker hands out no more messages than the prefetch before some of them are settled: the other replicas of the
process have nothing to do, however long the queue is.",
    before: Example::Toml(
        r#"
[topology]
sources = ["sniff"]

[services.sniff]
in = "sniff"
replicas = 8
prefetch = 4
"#,
    ),
    after: Example::Toml(
        r#"
[topology]
sources = ["sniff"]

[services.sniff]
in = "sniff"
replicas = 8
prefetch = 16
"#,
    ),
};

fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for service in &facts.system.services {
        if let Some(prefetch) = service.prefetch
            && let Some(replicas) = facts.replicas(service)
            && u32::from(prefetch) < replicas
        {
            findings.push(PrefetchUnderConcurrency {
                service,
                prefetch,
                replicas,
            });
        }
    }
}

/// The service, and its two numbers.
struct PrefetchUnderConcurrency<'s> {
    service: &'s Service,
    prefetch: u16,
    replicas: u32,
}

impl Finding for PrefetchUnderConcurrency<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        let Self {
            service,
            prefetch,
            replicas,
        } = self;
        let plural = if *prefetch == 1 { "" } else { "s" };
        format!(
            "service `{}` is handed {prefetch} message{plural} at once for {replicas} replicas",
            service.name.value
        )
    }

    fn labels(&self) -> Vec<Label> {
        let idle = self.replicas - u32::from(self.prefetch);
        let mut labels = vec![Label::primary(
            self.service.place("prefetch"),
            format!("{idle} of the replicas never work"),
        )];
        if let Some(at) = self.service.places.field("replicas") {
            labels.push(Label::secondary(at, "so many could"));
        }
        labels
    }

    fn help(&self) -> Option<String> {
        Some(format!(
            "leave `prefetch` out, which makes it twice the replicas, or write {} or more",
            self.replicas
        ))
    }
}

//! A service that cannot keep up.

use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Label, Persona, Rule, Severity,
};
use std::time::Duration;

use super::remark_if;
use crate::{
    Spanned,
    system::{Service, rate},
    wiring::Queue,
};

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "utilisation-over-one",
    severity: Severity::Warning,
    confidence: Confidence::Medium,
    persona: Persona::Regular,
    family: Family::Capacity,
    check: Some(check),
    what: "More messages come to a service from outside than its replicas work off.",
    why: "
By the declared rates (`[rates]`) and `service-time`, more comes in every second than leaves: the queue grows
without end. `replicas` are those of one process; where several processes share the queue, write what they have
together, or accept the finding with the reason.",
    before: Example::Toml(
        r#"
[topology]
sources = ["sniff"]

[rates]
sniff = "50/s"

[services.sniff]
in = "sniff"
replicas = 4
service-time = "100ms"
"#,
    ),
    after: Example::Toml(
        r#"
[topology]
sources = ["sniff"]

[rates]
sniff = "50/s"

[services.sniff]
in = "sniff"
replicas = 8
service-time = "100ms"
"#,
    ),
};

/// How much of what it can work off may come to a service.
const ALL: f64 = 1.0;

fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for overload in overloads(facts) {
        if !overload.is_fed_from_inside {
            findings.push(UtilisationOverOne { overload });
        }
    }
}

/// A service that gets more than it works off.
pub(crate) struct Overload<'s> {
    pub(crate) service: &'s Service,
    /// Its queue, as the graph has it.
    pub(crate) queue: &'s Queue<'s>,
    /// Messages a second that come.
    pub(crate) rate: f64,
    /// How long one takes.
    pub(crate) time: &'s Spanned<Duration>,
    /// How many are worked on at once, and whether anybody says so.
    pub(crate) replicas: Option<u32>,
    /// Whether most of them come by routes.
    pub(crate) is_fed_from_inside: bool,
}

impl Overload<'_> {
    /// What its replicas can work off, as a rate.
    pub(crate) fn capacity(&self) -> f64 {
        f64::from(self.replicas.unwrap_or(1)) / self.time.value.as_secs_f64()
    }

    /// Replicas that would do, with nothing to spare.
    pub(crate) fn needed(&self) -> f64 {
        (self.rate * self.time.value.as_secs_f64()).ceil()
    }
}

/// The services that get more than they work off, where the system says how much comes and how long it takes.
pub(crate) fn overloads<'f>(facts: &'f Facts<'_>) -> Vec<Overload<'f>> {
    let Some(traffic) = facts.traffic() else {
        return Vec::new();
    };
    let services = facts.system.services.iter().enumerate();
    let overload = |(index, service): (usize, &'f Service)| {
        let rate = traffic.service(index);
        let queue = facts.wiring.inbound(index);
        let inside: f64 = queue.feeds.iter().map(|feed| traffic.by_feed(feed)).sum();
        let readers = f64::from(u32::try_from(queue.readers.len()).unwrap_or(u32::MAX));
        let overload = Overload {
            service,
            queue,
            rate,
            time: service.service_time.as_ref()?,
            replicas: facts.replicas(service),
            is_fed_from_inside: inside > rate * readers / 2.0,
        };
        // A loop that grows without end is another finding.
        (rate.is_finite() && rate > ALL * overload.capacity()).then_some(overload)
    };
    services.filter_map(overload).collect()
}

/// The service.
struct UtilisationOverOne<'s> {
    overload: Overload<'s>,
}

impl Finding for UtilisationOverOne<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        let overload = &self.overload;
        format!(
            "service `{}` gets {} and works off {}",
            overload.service.name.value,
            rate::written(overload.rate),
            rate::written(overload.capacity()),
        )
    }

    fn labels(&self) -> Vec<Label> {
        let Overload { service, time, .. } = &self.overload;
        let mut labels = vec![Label::primary(&time.span, "each message takes this long")];
        if let Some(at) = service.places.field("replicas") {
            labels.push(Label::secondary(at, "so many at once"));
        }
        labels
    }

    fn help(&self) -> Option<String> {
        Some(format!(
            "give it {} replicas in all, or more",
            self.overload.needed()
        ))
    }

    fn severity(&self) -> Severity {
        remark_if(&RULE, self.overload.replicas.is_none())
    }
}

//! A service that is slower than those before it.

use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Label, Persona, Rule, Severity,
};
use super::{
    remark_if,
    utilisation_over_one::{Overload, overloads},
};
use crate::{system::rate, wiring::Feed};

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "downstream-slower",
    severity: Severity::Warning,
    confidence: Confidence::Medium,
    persona: Persona::Regular,
    family: Family::Capacity,
    check: Some(check),
    what: "A service works off less than the routes of other services bring it.",
    why: "
What comes in from outside is little enough; what the services before it make of that, by the shares of their
routes, is more than its replicas work off. Its queue grows without end while everything before it looks well.",
    before: Example::Toml(
        r#"
[topology]
sources = ["split"]

[rates]
split = "1/s"

[services.split]
in = "split"
out = [{ case = "page", queues = ["words"], share = 40 }]
replicas = 2
service-time = "500ms"

[services.words]
in = "words"
replicas = 4
service-time = "200ms"
"#,
    ),
    after: Example::Toml(
        r#"
[topology]
sources = ["split"]

[rates]
split = "1/s"

[services.split]
in = "split"
out = [{ case = "page", queues = ["words"], share = 40 }]
replicas = 2
service-time = "500ms"

[services.words]
in = "words"
replicas = 16
service-time = "200ms"
"#,
    ),
};

fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let Some(traffic) = facts.traffic() else {
        return;
    };
    for overload in overloads(facts) {
        if overload.is_fed_from_inside {
            let feeds = overload.queue.feeds.iter();
            let most =
                feeds.max_by(|one, other| traffic.by_feed(one).total_cmp(&traffic.by_feed(other)));
            findings.push(DownstreamSlower {
                most: most.map(|feed| (feed, traffic.by_feed(feed))),
                overload,
            });
        }
    }
}

/// The service, and the route that brings it most.
struct DownstreamSlower<'s> {
    overload: Overload<'s>,
    most: Option<(&'s Feed<'s>, f64)>,
}

impl Finding for DownstreamSlower<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        let overload = &self.overload;
        format!(
            "service `{}` is brought {} and works off {}",
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
        if let Some((feed, rate)) = self.most {
            let text = format!("{} come from here", rate::written(rate));
            labels.push(Label::secondary(feed.at, text));
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

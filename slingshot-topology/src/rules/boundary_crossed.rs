//! An edge from one environment to another.

use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Label, Persona, Rule, Severity,
};
use crate::{Spanned, system::Service, wiring::Feed};

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "boundary-crossed",
    severity: Severity::Error,
    confidence: Confidence::High,
    persona: Persona::Regular,
    family: Family::Graph,
    check: Some(check),
    what: "A service of one environment feeds a service of another.",
    why: "
Messages of a trial end up among those that count, or the other way round. `environment` says where a service
runs; services that do not say it may be fed by any.",
    before: Example::Toml(
        r#"
[topology]
sources = ["scan"]

[services.scan]
in = "scan"
environment = "dev"
out = [{ case = "text", queues = ["index"] }]

[services.index]
in = "index"
environment = "prod"
out = []
"#,
    ),
    after: Example::Toml(
        r#"
[topology]
sources = ["scan"]

[services.scan]
in = "scan"
environment = "prod"
out = [{ case = "text", queues = ["index"] }]

[services.index]
in = "index"
environment = "prod"
out = []
"#,
    ),
};

fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let wiring = &facts.wiring;
    for queue in &wiring.queues {
        let readers = || queue.readers.iter().map(|&reader| wiring.service(reader));
        if readers().all(|reader| reader.environment.is_none()) {
            continue;
        }
        for feed in &queue.feeds {
            let from = wiring.service(feed.service);
            let Some(own) = &from.environment else {
                continue;
            };
            let mut strangers = readers().filter_map(|reader| {
                let theirs = reader.environment.as_ref()?;
                (theirs.value != own.value).then_some((reader, theirs))
            });
            if let Some((to, theirs)) = strangers.next() {
                findings.push(BoundaryCrossed {
                    feed,
                    from,
                    own,
                    to,
                    theirs,
                });
            }
        }
    }
}

/// The edge, and where each of its ends runs.
struct BoundaryCrossed<'s> {
    feed: &'s Feed<'s>,
    from: &'s Service,
    own: &'s Spanned<String>,
    to: &'s Service,
    theirs: &'s Spanned<String>,
}

impl Finding for BoundaryCrossed<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        format!(
            "`{}` runs in {} and feeds `{}`, which runs in {}",
            self.from.name.value, self.own.value, self.to.name.value, self.theirs.value
        )
    }

    fn labels(&self) -> Vec<Label> {
        let runs = |environment: &Spanned<String>, service: &Service| {
            let text = format!("where `{}` runs", service.name.value);
            Label::secondary(&environment.span, text)
        };
        vec![
            Label::primary(self.feed.at, "crosses over here"),
            runs(self.own, self.from),
            Label::secondary(&self.to.inbound.span, "is read here"),
            runs(self.theirs, self.to),
        ]
    }

    fn help(&self) -> Option<String> {
        Some(format!(
            "give {} a queue and a service of its own",
            self.own.value
        ))
    }
}

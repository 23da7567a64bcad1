//! An order that is lost on the way.

use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Label, Persona, Rule, Severity,
};
use crate::{
    system::Service,
    wiring::{Detour, Way},
};

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "order-sensitive-join",
    severity: Severity::Warning,
    confidence: Confidence::High,
    persona: Persona::Regular,
    family: Family::Graph,
    check: Some(check),
    what: "A service with `ordered = true` gets messages of one service by ways of different length.",
    why: "
What goes straight overtakes what takes the longer way, so that the messages arrive in another order than they
had where the ways part. Let all of them take the same way, or have the reader sort them.",
    before: Example::Toml(
        r#"
[topology]
sources = ["orders"]

[services.orders]
in = "orders"
out = [
  { case = "simple", queues = ["book"] },
  { case = "odd", queues = ["repair"] },
]

[services.repair]
in = "repair"
out = [{ case = "done", queues = ["book"] }]

[services.book]
in = "book"
ordered = true
out = []
"#,
    ),
    after: Example::Toml(
        r#"
[topology]
sources = ["orders"]

[services.orders]
in = "orders"
out = [
  { case = "simple", queues = ["book"] },
  { case = "odd", queues = ["book"] },
]

[services.book]
in = "book"
ordered = true
out = []
"#,
    ),
};

fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let wiring = &facts.wiring;
    let mut search = wiring.detours();
    let services = facts.system.services.iter().enumerate();
    for (index, service) in services.filter(|(_, service)| service.is_ordered) {
        if let Some(Detour { short, long }) = search.to(index) {
            findings.push(OrderSensitiveJoin {
                service,
                ways: [wiring.named(&short), wiring.named(&long)],
                short,
                long,
            });
        }
    }
}

/// The service, and two ways to it.
struct OrderSensitiveJoin<'s> {
    service: &'s Service,
    ways: [String; 2],
    short: Way<'s, 's>,
    long: Way<'s, 's>,
}

impl Finding for OrderSensitiveJoin<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        let [short, long] = &self.ways;
        format!(
            "`{}` keeps the order of its messages, and {short} overtakes {long}",
            self.service.name.value
        )
    }

    fn labels(&self) -> Vec<Label> {
        let mut labels = vec![Label::primary(
            &self.service.inbound.span,
            "the ways meet here",
        )];
        let first = |way: &Way<'_, '_>, text| {
            way.steps
                .first()
                .map(|feed| Label::secondary(feed.at, text))
        };
        labels.extend(first(&self.short, "the short way starts here"));
        labels.extend(first(&self.long, "and the long one here"));
        labels
    }

    fn help(&self) -> Option<String> {
        Some("let all messages take the same way, or sort them before this service".to_owned())
    }
}

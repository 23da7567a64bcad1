//! Several systems in one file.

use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Label, Persona, Rule, Severity,
};
use crate::system::Service;

/// How many of the parts are shown.
const SHOWN_PARTS: usize = 4;

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "islands",
    severity: Severity::Info,
    confidence: Confidence::High,
    persona: Persona::Regular,
    family: Family::Graph,
    check: Some(check),
    what: "The graph falls into parts that no queue connects.",
    why: "
Parts that have nothing to do with each other may be kept, deployed and checked apart; or a route between
them is missing.",
    before: Example::Toml(
        r#"
[topology]
sources = ["sniff", "crawl"]
sinks = []

[services.sniff]
in = "sniff"
out = []

[services.crawl]
in = "crawl"
out = []
"#,
    ),
    after: Example::Toml(
        r#"
[topology]
sources = ["sniff"]
sinks = []

[services.sniff]
in = "sniff"
out = [{ case = "link", queues = ["crawl"] }]

[services.crawl]
in = "crawl"
out = []
"#,
    ),
};

fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let first_services = facts.wiring.islands();
    if first_services.len() > 1 {
        let services = first_services.into_iter();
        findings.push(Islands {
            first_services: services.map(|index| facts.wiring.service(index)).collect(),
        });
    }
}

/// The first service of each part.
struct Islands<'s> {
    first_services: Vec<&'s Service>,
}

impl Finding for Islands<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        format!(
            "the graph has {} parts that no queue connects",
            self.first_services.len()
        )
    }

    fn labels(&self) -> Vec<Label> {
        let names = self.first_services.iter().map(|service| &service.name.span);
        let mut labels: Vec<_> = names
            .map(|at| Label::secondary(at, "a part starts here"))
            .collect();
        labels.truncate(SHOWN_PARTS);
        if let Some(first) = labels.first_mut() {
            first.primary = true;
        }
        labels
    }
}

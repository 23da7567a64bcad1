//! Cases that make no difference.

use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Label, Persona, Rule, Severity,
};
use std::collections::BTreeSet;

use crate::system::Service;

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "cases-indistinct",
    severity: Severity::Info,
    confidence: Confidence::High,
    persona: Persona::Regular,
    family: Family::Cases,
    check: Some(check),
    what: "All cases of a service go to the same queues.",
    why: "
The distinction that the code draws has no effect; one case would do.",
    before: Example::Toml(
        r#"
[topology]
sources = ["review"]
sinks = ["words"]

[services.review]
in = "review"
out = [
  { case = "text", queues = ["words"] },
  { case = "html", queues = ["words"] },
]
"#,
    ),
    after: Example::Toml(
        r#"
[topology]
sources = ["review"]
sinks = ["words", "pages"]

[services.review]
in = "review"
out = [
  { case = "text", queues = ["words"] },
  { case = "html", queues = ["pages"] },
]
"#,
    ),
};

fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for service in &facts.system.services {
        let targets = service.routes.iter().map(|route| {
            let queues = route.queues.iter().map(|queue| &*queue.value);
            queues.collect::<BTreeSet<_>>()
        });
        let targets: BTreeSet<_> = targets.collect();
        let is_same = targets.len() == 1 && targets.iter().all(|queues| !queues.is_empty());
        if service.routes.len() > 1 && is_same {
            findings.push(CasesIndistinct { service });
        }
    }
}

/// The service.
struct CasesIndistinct<'s> {
    service: &'s Service,
}

impl Finding for CasesIndistinct<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        format!(
            "all cases of `{}` go to the same queues",
            self.service.name.value
        )
    }

    fn labels(&self) -> Vec<Label> {
        vec![Label::primary(
            &self.service.routes_at,
            "no case makes a difference",
        )]
    }
}

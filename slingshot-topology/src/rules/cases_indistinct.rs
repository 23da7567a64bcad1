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
    for index in 0..facts.wiring.service_count() {
        let mut targets = facts.wiring.routes(index);
        let Some(first) = targets.next().filter(|queues| !queues.is_empty()) else {
            continue;
        };
        let mut others = targets.peekable();
        if others.peek().is_some() && others.all(|queues| is_same(first, queues)) {
            let service = facts.wiring.service(index);
            findings.push(CasesIndistinct { service });
        }
    }
}

/// Whether the same queues are in both, in any order and however often. Most differ in the first.
fn is_same(some: &[usize], others: &[usize]) -> bool {
    let distinct = |queues: &[usize]| queues.iter().copied().collect::<BTreeSet<_>>();
    others.first().is_some_and(|queue| some.contains(queue)) && distinct(some) == distinct(others)
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

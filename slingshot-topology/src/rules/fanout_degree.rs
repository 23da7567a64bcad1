//! A case with very many queues.

use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Label, Persona, Rule, Severity,
};
use crate::system::Route;

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "fanout-degree",
    severity: Severity::Info,
    confidence: Confidence::High,
    persona: Persona::Pedantic,
    family: Family::Graph,
    check: Some(check),
    what: "One case goes to more than 20 queues.",
    why: "
Each result becomes as many messages; a service that passes them on by kind is easier to follow.",
    before: Example::Toml(
        r#"
[topology]
sources = ["sniff"]
sinks = ["q1", "q2", "q3", "q4", "q5", "q6", "q7", "q8", "q9", "q10", "q11", "q12", "q13", "q14", "q15", "q16", "q17", "q18", "q19", "q20", "q21"]

[services.sniff]
in = "sniff"
out = [{ case = "text", queues = ["q1", "q2", "q3", "q4", "q5", "q6", "q7", "q8", "q9", "q10", "q11", "q12", "q13", "q14", "q15", "q16", "q17", "q18", "q19", "q20", "q21"] }]
"#,
    ),
    after: Example::Toml(
        r#"
[topology]
sources = ["sniff"]
sinks = ["q1"]

[services.sniff]
in = "sniff"
out = [{ case = "text", queues = ["q1"] }]
"#,
    ),
};

/// More than a reader takes in at a glance.
const MANY: usize = 20;

fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let wiring = &facts.wiring;
    for service in 0..wiring.service_count() {
        let routes = wiring.routes(service).enumerate();
        for (place, _) in routes.filter(|(_, queues)| queues.len() > MANY) {
            let route = wiring.route(service, place);
            findings.push(FanoutDegree { route });
        }
    }
}

/// The route.
struct FanoutDegree<'s> {
    route: &'s Route,
}

impl Finding for FanoutDegree<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        format!(
            "the case {} goes to {} queues",
            self.route.case.value,
            self.route.queues.len()
        )
    }

    fn labels(&self) -> Vec<Label> {
        vec![Label::primary(
            &self.route.case.span,
            format!("more than {MANY} queues"),
        )]
    }
}

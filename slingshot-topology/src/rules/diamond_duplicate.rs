//! One result that arrives twice.

use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Label, Persona, Rule, Severity,
};
use std::collections::HashMap;

use crate::system::Route;

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "diamond-duplicate",
    severity: Severity::Info,
    confidence: Confidence::High,
    persona: Persona::Regular,
    family: Family::Graph,
    check: Some(check),
    what: "One case goes to several services that feed the same queue.",
    why: "
The reader of that queue may get the same id once from each: it needs to bear that, or to wait for all.",
    before: Example::Toml(
        r#"
[topology]
sources = ["sniff"]
sinks = []

[services.sniff]
in = "sniff"
out = [{ case = "text", queues = ["words", "links"] }]

[services.words]
in = "words"
out = [{ case = "done", queues = ["report"] }]

[services.links]
in = "links"
out = [{ case = "done", queues = ["report"] }]

[services.report]
in = "report"
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
out = [
  { case = "text", queues = ["words"] },
  { case = "link", queues = ["links"] },
]

[services.words]
in = "words"
out = [{ case = "done", queues = ["report"] }]

[services.links]
in = "links"
out = [{ case = "done", queues = ["report"] }]

[services.report]
in = "report"
out = []
"#,
    ),
};

fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let routes = facts
        .system
        .services
        .iter()
        .flat_map(|service| &service.routes);
    for route in routes.filter(|route| route.queues.len() > 1) {
        if let Some(joined) = first_join(facts, route) {
            findings.push(DiamondDuplicate { route, joined });
        }
    }
}

/// The first queue that is fed by the readers of two queues of a route.
fn first_join<'s>(facts: &'s Facts<'_>, route: &Route) -> Option<&'s str> {
    let mut fed_through: HashMap<&str, &str> = HashMap::new();
    for queue in &route.queues {
        let readers = &facts.wiring.queue(&queue.value)?.readers;
        let routes = readers
            .iter()
            .flat_map(|&reader| &facts.wiring.service(reader).routes);
        for target in routes.flat_map(|route| &route.queues) {
            let through = fed_through.entry(&target.value).or_insert(&queue.value);
            if **through != queue.value {
                return Some(&target.value);
            }
        }
    }
    None
}

/// The route, and the queue where its branches meet.
struct DiamondDuplicate<'s> {
    route: &'s Route,
    joined: &'s str,
}

impl Finding for DiamondDuplicate<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        format!("the queue `{}` may get the same id twice", self.joined)
    }

    fn labels(&self) -> Vec<Label> {
        vec![Label::primary(
            &self.route.span,
            "the branches of this case meet again",
        )]
    }
}

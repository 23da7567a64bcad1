//! One result that arrives twice.

use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Label, Persona, Rule, Severity,
};

use crate::{
    hashing::HashMap,
    system::{Route, Service},
};

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
The reader of that queue may get the same id once from each: it needs to bear that, or to wait for all. With
`idempotent = true` it says that it does.",
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
            let readers = facts.wiring.queue(joined).map(|queue| &queue.readers);
            let readers = readers.into_iter().flatten();
            findings.push(DiamondDuplicate {
                route,
                joined,
                readers: readers
                    .map(|&reader| facts.wiring.service(reader))
                    .collect(),
            });
        }
    }
}

/// The first queue that is fed by the readers of two queues of a route.
fn first_join<'s>(facts: &'s Facts<'_>, route: &Route) -> Option<&'s str> {
    let mut fed_through: HashMap<&str, &str> = HashMap::default();
    for queue in &route.queues {
        let readers = &facts.wiring.queue(&queue.value)?.readers;
        let routes = readers
            .iter()
            .flat_map(|&reader| &facts.wiring.service(reader).routes);
        for target in routes.flat_map(|route| &route.queues) {
            let through = fed_through.entry(&target.value).or_insert(&queue.value);
            if **through != queue.value && !is_borne(facts, &target.value) {
                return Some(&target.value);
            }
        }
    }
    None
}

/// Whether every reader of a queue says that it may get an id twice.
fn is_borne(facts: &Facts<'_>, queue: &str) -> bool {
    let readers = facts.wiring.queue(queue).map(|queue| &queue.readers);
    readers.is_some_and(|readers| {
        let mut services = readers.iter().map(|&reader| facts.wiring.service(reader));
        !readers.is_empty() && services.all(|reader| reader.is_idempotent)
    })
}

/// The route, and the queue where its branches meet.
struct DiamondDuplicate<'s> {
    route: &'s Route,
    joined: &'s str,
    readers: Vec<&'s Service>,
}

impl Finding for DiamondDuplicate<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        format!("the queue `{}` may get the same id twice", self.joined)
    }

    fn labels(&self) -> Vec<Label> {
        let mut labels = vec![Label::primary(
            &self.route.span,
            "the branches of this case meet again",
        )];
        labels.extend(self.readers.iter().map(|reader| {
            let text = format!("`{}` gets it from each branch", reader.name.value);
            Label::secondary(&reader.inbound.span, text)
        }));
        labels
    }

    fn help(&self) -> Option<String> {
        let reader = self.readers.first()?;
        Some(format!(
            "if `{}` bears an id that comes twice, say so with `idempotent = true`",
            reader.name.value
        ))
    }
}

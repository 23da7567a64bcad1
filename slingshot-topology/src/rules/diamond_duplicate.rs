//! One result that arrives twice.

use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Label, Persona, Rule, Severity,
};

use crate::{
    system::{Route, Service},
    wiring::{Queue, Wiring},
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
    let wiring = &facts.wiring;
    let mut joins = Joins::of(wiring);
    for service in 0..wiring.service_count() {
        for (place, queues) in wiring.routes(service).enumerate() {
            if let Some(joined) = joins.first(wiring, queues) {
                let joined = &wiring.queues[joined];
                let readers = joined.readers.iter();
                findings.push(DiamondDuplicate {
                    route: wiring.route(service, place),
                    joined: joined.name,
                    readers: readers.map(|&reader| wiring.service(reader)).collect(),
                });
            }
        }
    }
}

/// Finds the queues that several branches of a route lead to. Routes are many: what is noted of the queues is not
/// cleared between them.
struct Joins {
    /// Whether every reader of a queue says that it may get an id twice.
    borne: Vec<bool>,
    /// For which route a queue was met last, and through which branch.
    met: Vec<(usize, usize)>,
    route: usize,
}

impl Joins {
    fn of(wiring: &Wiring<'_>) -> Self {
        let is_borne = |queue: &Queue<'_>| {
            let mut readers = queue.readers.iter();
            !queue.readers.is_empty() && readers.all(|&it| wiring.service(it).is_idempotent)
        };
        Self {
            borne: wiring.queues.iter().map(is_borne).collect(),
            met: vec![(0, 0); wiring.queues.len()],
            route: 0,
        }
    }

    /// The first queue that is fed by the readers of two of a route's queues.
    fn first(&mut self, wiring: &Wiring<'_>, branches: &[usize]) -> Option<usize> {
        if branches.len() < 2 {
            return None;
        }
        self.route += 1;
        for &branch in branches {
            let readers = wiring.queues[branch].readers.iter();
            for &target in readers.flat_map(|&reader| wiring.targets(reader)) {
                let (route, through) = self.met[target];
                if route != self.route {
                    self.met[target] = (self.route, branch);
                } else if through != branch && !self.borne[target] {
                    return Some(target);
                }
            }
        }
        None
    }
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

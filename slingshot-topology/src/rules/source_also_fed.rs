//! A source that is fed from inside.

use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Label, Persona, Rule, Severity, Span,
};
use crate::wiring::{Feed, Queue};

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "source-also-fed",
    severity: Severity::Warning,
    confidence: Confidence::High,
    persona: Persona::Regular,
    family: Family::Graph,
    check: Some(check),
    what: "A queue that is declared as a source is also fed by a route.",
    why: "
Messages from outside and from inside mix in it, with different ids and promises. Most often the declaration
is left over from before the route.",
    before: Example::Toml(
        r#"
[topology]
sources = ["sniff", "words"]
sinks = []

[services.sniff]
in = "sniff"
out = [{ case = "text", queues = ["words"] }]

[services.words]
in = "words"
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
out = [{ case = "text", queues = ["words"] }]

[services.words]
in = "words"
out = []
"#,
    ),
};

fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for queue in &facts.wiring.queues {
        let Some(declared) = queue.source else {
            continue;
        };
        // A way back from further down is no rival of the outside: it carries on what came in there.
        let is_way_back = |feed: &&Feed<'_>| {
            let mut readers = queue.readers.iter();
            readers.any(|&reader| facts.wiring.share_a_loop(feed.service, reader))
        };
        if let Some(feed) = queue.feeds.iter().find(|feed| !is_way_back(feed)) {
            findings.push(SourceAlsoFed {
                queue,
                declared,
                fed: feed.at,
            });
        }
    }
}

/// The queue and both of its feeders.
struct SourceAlsoFed<'s> {
    queue: &'s Queue<'s>,
    declared: &'s Span,
    fed: &'s Span,
}

impl Finding for SourceAlsoFed<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        format!("the source `{}` is fed from inside too", self.queue.name)
    }

    fn labels(&self) -> Vec<Label> {
        vec![
            Label::primary(self.declared, "declared to be fed from outside"),
            Label::secondary(self.fed, "fed here"),
        ]
    }

    fn help(&self) -> Option<String> {
        Some(
            "remove it from `[topology] sources`, or give the outside a queue of its own"
                .to_owned(),
        )
    }
}

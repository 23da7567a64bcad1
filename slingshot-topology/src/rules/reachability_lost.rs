//! A way that is no more.

use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Label, Persona, Rule, Severity,
};
use crate::diff::{LostWay, lost_ways};

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "reachability-lost",
    severity: Severity::Error,
    confidence: Confidence::High,
    persona: Persona::Regular,
    family: Family::Change,
    check: Some(check),
    what: "A source no longer leads to a sink that it leads to at work.",
    why: "
Both are still declared, and nothing that comes in at the one arrives at the other any more. Each hop may look
right on its own; only the whole way shows that it is broken.",
    before: Example::Against {
        previous: r#"
[topology]
sources = ["sniff"]
sinks = ["archive", "index"]

[services.sniff]
in = "sniff"
out = [
  { case = "text", queues = ["words"] },
  { case = "other", queues = ["archive"] },
]

[services.words]
in = "words"
out = [{ case = "counted", queues = ["index", "archive"] }]
"#,
        toml: r#"
[topology]
sources = ["sniff"]
sinks = ["archive", "index"]

[services.sniff]
in = "sniff"
out = [
  { case = "text", queues = ["words"] },
  { case = "other", queues = ["archive"] },
]

[services.words]
in = "words"
out = [{ case = "counted", queues = ["archive"] }]

[services.read]
in = "read"
out = [{ case = "done", queues = ["index"] }]
"#,
    },
    after: Example::Against {
        previous: r#"
[topology]
sources = ["sniff"]
sinks = ["archive", "index"]

[services.sniff]
in = "sniff"
out = [
  { case = "text", queues = ["words"] },
  { case = "other", queues = ["archive"] },
]

[services.words]
in = "words"
out = [{ case = "counted", queues = ["index", "archive"] }]
"#,
        toml: r#"
[topology]
sources = ["sniff"]
sinks = ["archive", "index"]

[services.sniff]
in = "sniff"
out = [
  { case = "text", queues = ["words"] },
  { case = "other", queues = ["archive"] },
]

[services.words]
in = "words"
out = [{ case = "counted", queues = ["index"] }]
"#,
    },
};

fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let Some(change) = facts.change() else {
        return;
    };
    for way in lost_ways(&change.old, &facts.wiring, facts.system) {
        findings.push(ReachabilityLost { way });
    }
}

/// The two ends, and how the second was reached.
struct ReachabilityLost<'s> {
    way: LostWay<'s>,
}

impl Finding for ReachabilityLost<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        self.way.message()
    }

    fn labels(&self) -> Vec<Label> {
        let LostWay {
            source,
            sink,
            before,
            ..
        } = &self.way;
        vec![
            Label::primary(&sink.span, "nothing of it arrives here"),
            Label::secondary(&source.span, "what comes in here"),
            Label::secondary(before, "arrives by this route at work"),
        ]
    }

    fn help(&self) -> Option<String> {
        let sink = &self.way.sink.value;
        Some(format!(
            "route what is to arrive to `{sink}` again, or take `{sink}` out of `[topology] sinks`"
        ))
    }
}

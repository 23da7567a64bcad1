//! A way that is no more.

use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Label, Persona, Rule, Severity,
};
use crate::{Spanned, source::Span};

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

/// Sources beyond this one are looked at as one.
const LAST_OF_ITS_OWN: u32 = 126;

fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let Some(change) = facts.change() else {
        return;
    };
    let (old, new) = (&change.old, &facts.wiring);
    let mut marks = (Vec::new(), Vec::new());
    let mut sources = Vec::new();
    for source in &facts.system.sources {
        let before = old.queue_index(&source.value);
        let before = before.filter(|&queue| old.queues[queue].source.is_some());
        if let (Some(before), Some(after)) = (before, new.queue_index(&source.value)) {
            let number = u32::try_from(sources.len()).unwrap_or(u32::MAX);
            let mark = 1_u128 << number.min(LAST_OF_ITS_OWN);
            marks.0.push((before, mark));
            marks.1.push((after, mark));
            sources.push(source);
        }
    }
    let (was, is) = (old.marks_upstream(&marks.0), new.marks_upstream(&marks.1));
    for sink in &facts.system.sinks {
        let before = old.queue_index(&sink.value);
        let Some(before) = before.filter(|&queue| old.queues[queue].sink.is_some()) else {
            continue;
        };
        let arrives = new.queue_index(&sink.value).map_or(0, |queue| is[queue]);
        let lost = was[before] & !arrives;
        if let Some(at) = old.queues[before].feeds.first()
            && let Some(source) = sources.get(lost.trailing_zeros() as usize)
        {
            findings.push(ReachabilityLost {
                source,
                others: lost.count_ones() - 1,
                sink,
                before: at.at,
            });
        }
    }
}

/// The two ends, and how the second was reached.
struct ReachabilityLost<'s> {
    source: &'s Spanned<String>,
    others: u32,
    sink: &'s Spanned<String>,
    before: &'s Span,
}

impl Finding for ReachabilityLost<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        let (source, sink) = (&self.source.value, &self.sink.value);
        let others = match self.others {
            0 => String::new(),
            1 => " and another source".to_owned(),
            others => format!(" and {others} other sources"),
        };
        format!("no way leads from `{source}`{others} to `{sink}` any more")
    }

    fn labels(&self) -> Vec<Label> {
        vec![
            Label::primary(&self.sink.span, "nothing of it arrives here"),
            Label::secondary(&self.source.span, "what comes in here"),
            Label::secondary(self.before, "arrives by this route at work"),
        ]
    }

    fn help(&self) -> Option<String> {
        let sink = &self.sink.value;
        Some(format!(
            "route what is to arrive to `{sink}` again, or take `{sink}` out of `[topology] sinks`"
        ))
    }
}

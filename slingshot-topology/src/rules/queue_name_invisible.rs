//! Two names that look the same.

use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Label, Persona, Rule, Severity,
};
use crate::wiring::Queue;

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "queue-name-invisible",
    severity: Severity::Warning,
    confidence: Confidence::High,
    persona: Persona::Regular,
    family: Family::Names,
    check: Some(check),
    what: "A queue name starts or ends with a space, or holds a control or zero-width character.",
    why: "
It looks exactly like the name without it, and is another queue.",
    before: Example::Toml(
        r#"
[topology]
sources = ["sniff"]
sinks = ["done "]

[services.sniff]
in = "sniff"
out = [{ case = "done", queues = ["done "] }]
"#,
    ),
    after: Example::Toml(
        r#"
[topology]
sources = ["sniff"]
sinks = ["done"]

[services.sniff]
in = "sniff"
out = [{ case = "done", queues = ["done"] }]
"#,
    ),
};

fn has_invisible(name: &str) -> bool {
    name.trim() != name || name.chars().any(is_invisible)
}

/// Control characters, and those of Unicode's general category Cf that have no width.
fn is_invisible(character: char) -> bool {
    let zero_width = "\u{ad}\u{200b}\u{200c}\u{200d}\u{200e}\u{200f}\u{2060}\u{feff}";
    character.is_control() || zero_width.contains(character)
}

fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for queue in &facts.wiring.queues {
        if has_invisible(queue.name) {
            findings.push(QueueNameInvisible { queue });
        }
    }
}

/// The queue.
struct QueueNameInvisible<'s> {
    queue: &'s Queue<'s>,
}

impl Finding for QueueNameInvisible<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        format!(
            "the queue name {:?} has characters that cannot be seen",
            self.queue.name
        )
    }

    fn labels(&self) -> Vec<Label> {
        vec![Label::primary(
            self.queue.at,
            "not the queue that it looks like",
        )]
    }

    fn help(&self) -> Option<String> {
        let visible: String = self
            .queue
            .name
            .chars()
            .filter(|c| !is_invisible(*c))
            .collect();
        Some(format!("write {:?}", visible.trim()))
    }
}

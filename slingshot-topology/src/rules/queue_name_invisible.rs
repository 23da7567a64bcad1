//! Two names that look the same.

use super::{
    Confidence, Edit, Example, Facts, Family, Finding, Findings, Fix, Label, Persona, Rule,
    Severity,
};
use crate::{
    diagnostic::{Explained, Symptom, quoted},
    wiring::Queue,
};

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "queue-name-invisible",
    severity: Severity::Error,
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

[services.sniff]
in = "sniff"
out = [{ case = "done", queues = ["done "] }]

[services.keep]
in = "done "
out = []
"#,
    ),
    after: Example::Toml(
        r#"
[topology]
sources = ["sniff"]

[services.sniff]
in = "sniff"
out = [{ case = "done", queues = ["done"] }]

[services.keep]
in = "done"
out = []
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
    for queue in facts.peculiar_queues() {
        if has_invisible(queue.name) {
            findings.push(QueueNameInvisible { facts, queue });
        }
    }
}

/// The queue.
struct QueueNameInvisible<'f, 's> {
    facts: &'f Facts<'s>,
    queue: &'f Queue<'s>,
}

impl QueueNameInvisible<'_, '_> {
    fn visible(&self) -> String {
        let name = self.queue.name.chars();
        let visible: String = name.filter(|c| !is_invisible(*c)).collect();
        visible.trim().to_owned()
    }
}

impl Finding for QueueNameInvisible<'_, '_> {
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
        Some(format!("write {}", quoted(&self.visible())))
    }

    /// Where all write it alike, messages arrive.
    fn severity(&self) -> Severity {
        if self.queue.is_unread() || self.queue.is_unfed() {
            RULE.severity
        } else {
            Severity::Warning
        }
    }

    fn explains(&self) -> Vec<Explained> {
        let own = || self.queue.name.to_owned();
        let of = |name: String| [Symptom::Unread(name.clone()), Symptom::Unfed(name)];
        let all = of(own()).into_iter().chain(of(self.visible()));
        let all = all.chain([Symptom::NearMiss(own()), Symptom::NearMiss(self.visible())]);
        all.map(Explained::This).collect()
    }

    fn fixes(&self) -> Vec<Fix> {
        let (queue, visible) = (self.queue, self.visible());
        if visible.is_empty() {
            return Vec::new();
        }
        let edits = queue
            .mentions(self.facts)
            .map(|at| Edit::name(at, &visible));
        let title = format!("write {} everywhere", quoted(&visible));
        // The outside knows a source or a sink by the name that it has.
        let is_known_outside = queue.source.is_some() || queue.sink.is_some();
        vec![if is_known_outside {
            Fix::proposed(title, edits.collect())
        } else {
            Fix::safe(title, edits.collect())
        }]
    }
}

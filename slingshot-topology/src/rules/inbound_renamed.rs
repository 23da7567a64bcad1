//! A backlog that nobody takes any more.

use super::remark_if;
use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Label, Persona, Rule, Severity,
};
use crate::{Name, Spanned, diagnostic::Symptom, diff::is_drained};

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "inbound-renamed",
    severity: Severity::Error,
    confidence: Confidence::High,
    persona: Persona::Regular,
    family: Family::Change,
    check: Some(check),
    what: "A service that is deployed changes its queue, and nothing reads the old one.",
    why: "
What waits in the old queue when the change is deployed is never worked on: its messages are stranded, and so
are those that producers send before they have the new routes. Let a service read the old queue beside the new
one until it is empty, and then name the old queue in `[topology] retired`, which makes this a remark.",
    before: Example::Against {
        previous: r#"
[topology]
sources = ["files"]

[services.sniff]
in = "files"
out = [{ case = "text", queues = ["words"] }]

[services.words]
in = "words"
"#,
        toml: r#"
[topology]
sources = ["files"]

[services.sniff]
in = "files"
out = [{ case = "text", queues = ["texts"] }]

[services.words]
in = "texts"
"#,
    },
    after: Example::Against {
        previous: r#"
[topology]
sources = ["files"]

[services.sniff]
in = "files"
out = [{ case = "text", queues = ["words"] }]

[services.words]
in = "words"
"#,
        toml: r#"
[topology]
sources = ["files", "words"]      # `words` is drained: nothing new is sent to it

[services.sniff]
in = "files"
out = [{ case = "text", queues = ["texts"] }]

[services.words]
in = "texts"

[services.words-of-before]
in = "words"
"#,
    },
};

fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let Some(change) = facts.change() else {
        return;
    };
    for kept in &change.kept {
        if let Some((old, new)) = kept.moved_queue()
            && !is_drained(facts.wiring.queue(&old.value))
        {
            findings.push(InboundRenamed {
                service: kept.name(),
                old,
                new,
                is_retired: change.is_retired(&old.value),
            });
        }
    }
}

/// The service, and both queues.
struct InboundRenamed<'s> {
    service: &'s str,
    old: &'s Spanned<Name>,
    new: &'s Spanned<Name>,
    is_retired: bool,
}

impl Finding for InboundRenamed<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        let Self { service, old, .. } = self;
        format!(
            "service `{service}` leaves the queue `{}`, and nothing else reads it",
            old.value
        )
    }

    fn labels(&self) -> Vec<Label> {
        vec![
            Label::primary(&self.new.span, "reads this queue from now on"),
            Label::secondary(&self.old.span, "what waits in this one is stranded"),
        ]
    }

    fn symptom(&self) -> Option<Symptom> {
        Some(Symptom::Changed(self.service.to_owned()))
    }

    fn help(&self) -> Option<String> {
        let old = &self.old.value;
        Some(format!(
            "let a service read `{old}` too until it is empty, then name `{old}` in `[topology] retired`"
        ))
    }

    fn severity(&self) -> Severity {
        remark_if(&RULE, self.is_retired)
    }
}

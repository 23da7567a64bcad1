//! A queue that a case no longer reaches.

use super::remark_if;
use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Label, Persona, Rule, Severity,
};
use crate::{
    Name, Spanned,
    diagnostic::{Explained, Symptom},
    diff::{Kept, is_drained, only_in},
    system::{Route, Service},
};

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "target-removed",
    severity: Severity::Warning,
    confidence: Confidence::High,
    persona: Persona::Regular,
    family: Family::Change,
    check: Some(check),
    what: "A case no longer goes to a queue that somebody still reads.",
    why: "
Its reader gets less than before, or, where nothing else feeds the queue, nothing at all: what it makes is not made
any more. Where other routes still feed the queue, or `[topology] retired` names it, this is a remark.",
    before: Example::Against {
        previous: r#"
[topology]
sources = ["sniff"]

[services.sniff]
in = "sniff"
out = [{ case = "text", queues = ["words", "index"] }]

[services.words]
in = "words"

[services.index]
in = "index"
"#,
        toml: r#"
[topology]
sources = ["sniff"]

[services.sniff]
in = "sniff"
out = [{ case = "text", queues = ["words"] }]

[services.words]
in = "words"

[services.index]
in = "index"
"#,
    },
    after: Example::Against {
        previous: r#"
[topology]
sources = ["sniff"]

[services.sniff]
in = "sniff"
out = [{ case = "text", queues = ["words", "index"] }]

[services.words]
in = "words"

[services.index]
in = "index"
"#,
        toml: r#"
[topology]
sources = ["sniff"]
retired = ["index"]

[services.sniff]
in = "sniff"
out = [{ case = "text", queues = ["words"] }]

[services.words]
in = "words"
"#,
    },
};

fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let Some(change) = facts.change() else {
        return;
    };
    for kept in &change.kept {
        for (old, new) in kept.routes().kept {
            for queue in only_in(old, new) {
                let Some(left) = facts.wiring.queue(&queue.value) else {
                    continue;
                };
                if is_drained(Some(left)) {
                    let reader = left.readers.first();
                    findings.push(TargetRemoved {
                        kept: *kept,
                        new,
                        queue,
                        reader: reader.map(|&reader| facts.wiring.service(reader)),
                        starves: left.feeds.is_empty() && left.source.is_none(),
                        is_retired: change.is_retired(&queue.value),
                    });
                }
            }
        }
    }
}

/// The route, and the queue that it lost.
struct TargetRemoved<'s> {
    kept: Kept<'s>,
    new: &'s Route,
    queue: &'s Spanned<Name>,
    reader: Option<&'s Service>,
    starves: bool,
    is_retired: bool,
}

impl Finding for TargetRemoved<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        let (service, case) = (self.kept.name(), &self.new.case.value);
        let queue = &self.queue.value;
        let and = if self.starves {
            ", and nothing else feeds it"
        } else {
            ""
        };
        format!("the case {case} of service `{service}` no longer goes to `{queue}`{and}")
    }

    fn labels(&self) -> Vec<Label> {
        let gets = if self.starves { "nothing" } else { "less" };
        let mut labels = vec![
            Label::primary(&self.new.case.span, "lacks a queue of before"),
            Label::secondary(&self.queue.span, "goes here at work"),
        ];
        if let Some(reader) = self.reader {
            let name = &reader.name.value;
            labels.push(Label::secondary(
                &reader.inbound.span,
                format!("`{name}` gets {gets}"),
            ));
        }
        labels
    }

    fn symptom(&self) -> Option<Symptom> {
        Some(Symptom::Changed(self.kept.name().to_owned()))
    }

    fn explains(&self) -> Vec<Explained> {
        let starves = Symptom::Unfed(self.queue.value.to_string());
        vec![Explained::This(starves)]
    }

    fn help(&self) -> Option<String> {
        self.starves.then(|| {
            let queue = &self.queue.value;
            format!("let `{queue}` run empty, remove its reader, and name `{queue}` in `[topology] retired`")
        })
    }

    fn severity(&self) -> Severity {
        remark_if(&RULE, self.is_retired || !self.starves)
    }
}

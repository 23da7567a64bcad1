//! A name that went without a word.

use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Label, Persona, Rule, Severity,
};

use super::{
    case_removed::{InCode, removed_cases},
    service_removed::still_fed,
};
use crate::{
    diagnostic::Symptom,
    diff::{Kept, bare},
    hashing::HashSet,
    source::Span,
};

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "tombstone-missing",
    severity: Severity::Warning,
    confidence: Confidence::High,
    persona: Persona::Regular,
    family: Family::Change,
    check: Some(check),
    what: "A service, a queue or a case goes, and `[topology] retired` does not name it.",
    why: "
Whether its queue was left to run empty, and whether its name may be used again, only the one who removed it knows.
A line in `retired` says that it went on purpose, and lets the rules about removals be still: `retired = [\"words\",
\"sniff/image\"]`, where `sniff/image` is the case `image` of the service `sniff`. The line can go when the
change is everywhere.",
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
    let place = facts.system.topology_at.nearest("retired");
    let place = place.or(facts.system.services_at.as_ref());
    let Some(place) = place.or(facts.system.start.as_ref()) else {
        return;
    };
    let mut push = |what, name: String, was_at| {
        findings.push(TombstoneMissing {
            what,
            name,
            was_at,
            place,
        });
    };
    // A queue that goes with its service needs no line of its own.
    let mut explained = HashSet::default();
    for &index in &change.removed {
        let service = change.old.service(index);
        let (name, queue) = (&*service.name.value, &*service.inbound.value);
        explained.insert(queue);
        let is_retired = change.is_retired(name) || change.is_retired(queue);
        if !is_retired && still_fed(facts, service).is_none() {
            push("service", name.to_owned(), &service.name.span);
        }
    }
    let moved = change.kept.iter().filter_map(Kept::moved_queue);
    explained.extend(moved.map(|(old, _)| &*old.value));
    for queue in &change.old.queues {
        let is_gone = facts.wiring.queue(queue.name).is_none();
        if is_gone && !explained.contains(queue.name) && !change.is_retired(queue.name) {
            push("queue", queue.name.to_owned(), queue.at);
        }
    }
    for gone in removed_cases(facts) {
        let (service, case) = (gone.kept.name(), &gone.route.case.value);
        if matches!(gone.code, InCode::Not) && !change.is_retired_case(service, case) {
            let name = format!("{service}/{}", bare(case));
            push("case", name, &gone.route.case.span);
        }
    }
}

/// What went, and where it is not named.
struct TombstoneMissing<'s> {
    what: &'static str,
    name: String,
    was_at: &'s Span,
    place: &'s Span,
}

impl Finding for TombstoneMissing<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        let Self { what, name, .. } = self;
        format!("the {what} `{name}` goes, and nothing says that it is meant")
    }

    fn labels(&self) -> Vec<Label> {
        let primary = format!("`retired` does not name `{}`", self.name);
        vec![
            Label::primary(self.place, primary),
            Label::secondary(self.was_at, "is at work"),
        ]
    }

    fn symptom(&self) -> Option<Symptom> {
        Some(Symptom::Changed(self.name.clone()))
    }

    fn help(&self) -> Option<String> {
        let name = &self.name;
        Some(match self.what {
            "case" => format!(
                "deploy the code without it before the map, and add `{name}` to `[topology] retired`"
            ),
            _ => format!(
                "let its queue run empty before it goes, and add `{name}` to `[topology] retired`"
            ),
        })
    }
}

//! A queue that is fed before its reader is there.

use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Label, Persona, Rule, Severity,
};
use crate::{Name, Spanned, diff::Kept, system::Service};

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "consumer-not-yet",
    severity: Severity::Info,
    confidence: Confidence::High,
    persona: Persona::Regular,
    family: Family::Change,
    check: Some(check),
    what: "A service that is at work gets a route to a queue whose reader is new there.",
    why: "
The route holds as soon as the map is served; until the reader is deployed, messages wait. That loses nothing,
but whoever makes a queue first decides what kind it is: a producer makes it as the broker does by default, and a
`queue-type` of the reader comes too late. Deploy readers before the map that feeds them; `slingshot topology
diff` has the whole order.",
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
out = [{ case = "text", queues = ["words", "index"] }]

[services.words]
in = "words"

[services.index]
in = "index"
"#,
    },
    after: Example::Against {
        previous: r#"
[topology]
sources = ["files"]

[services.sniff]
in = "files"
out = [
  { case = "text", queues = ["words"] },
  { case = "image", queues = ["index"] },
]

[services.words]
in = "words"

[services.index]
in = "index"
"#,
        toml: r#"
[topology]
sources = ["files"]

[services.sniff]
in = "files"
out = [
  { case = "text", queues = ["words", "index"] },
  { case = "image", queues = ["index"] },
]

[services.words]
in = "words"

[services.index]
in = "index"
"#,
    },
};

fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let Some(change) = facts.change() else {
        return;
    };
    for kept in &change.kept {
        for target in kept.new_targets() {
            let readers = facts.wiring.queue(&target.value);
            let readers = readers.map(|queue| &*queue.readers).unwrap_or_default();
            if let Some(&reader) = readers.iter().find(|&&reader| change.is_new_reader(reader)) {
                findings.push(ConsumerNotYet {
                    kept: *kept,
                    target,
                    reader: facts.wiring.service(reader),
                });
            }
        }
    }
}

/// The route's queue, and its reader.
struct ConsumerNotYet<'s> {
    kept: Kept<'s>,
    target: &'s Spanned<Name>,
    reader: &'s Service,
}

impl Finding for ConsumerNotYet<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        format!(
            "service `{}` is to feed `{}`, whose reader `{}` is not at work yet",
            self.kept.name(),
            self.target.value,
            self.reader.name.value,
        )
    }

    fn labels(&self) -> Vec<Label> {
        vec![
            Label::primary(&self.target.span, "fed as soon as this map is served"),
            Label::secondary(&self.reader.inbound.span, "read once this is deployed"),
            Label::secondary(&self.kept.before.name.span, "at work, without this route"),
        ]
    }

    fn help(&self) -> Option<String> {
        let reader = &self.reader.name.value;
        Some(format!("deploy `{reader}` before the map is served"))
    }
}

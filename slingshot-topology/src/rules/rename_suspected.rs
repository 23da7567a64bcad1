//! A service under another name.

use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Label, Persona, Rule, Severity,
};
use crate::system::Service;

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "rename-suspected",
    severity: Severity::Info,
    confidence: Confidence::Medium,
    persona: Persona::Regular,
    family: Family::Change,
    check: Some(check),
    what: "A service goes, and a new one reads its queue or has its neighbours.",
    why: "
A service's name is more than a word: its metrics, its rows in the inbox of `deduplicate`, and the ids of the
messages that it sends are made of it. A message that the old service had begun and the new one takes again is
sent on under other ids, so that what follows cannot tell that it is the same.",
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
out = [{ case = "text", queues = ["words"] }]

[services.count]
in = "words"
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
sources = ["files"]

[services.sniff]
in = "files"
out = [{ case = "text", queues = ["words", "count"] }]

[services.words]
in = "words"

[services.count]
in = "count"
"#,
    },
};

fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let Some(change) = facts.change() else {
        return;
    };
    for (old, new) in change.renamed(&facts.wiring) {
        findings.push(RenameSuspected { old, new });
    }
}

/// The two services.
struct RenameSuspected<'s> {
    old: &'s Service,
    new: &'s Service,
}

impl Finding for RenameSuspected<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        let (old, new) = (&self.old.name.value, &self.new.name.value);
        format!("service `{new}` looks like `{old}` under another name")
    }

    fn labels(&self) -> Vec<Label> {
        vec![
            Label::primary(&self.new.name.span, "new"),
            Label::secondary(&self.old.name.span, "goes"),
        ]
    }

    fn help(&self) -> Option<String> {
        let old = &self.old.name.value;
        Some(format!(
            "stop `{old}` when it has nothing in hand, start the new one after it, and name `{old}` in `[topology] \
             retired`"
        ))
    }
}

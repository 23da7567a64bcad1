//! A slip of the pen between two queues.

use super::{
    Confidence, Edit, Example, Facts, Family, Finding, Findings, Fix, Label, Persona, Rule,
    Severity,
};
use crate::{
    diagnostic::{Explained, Symptom},
    wiring::Queue,
};

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "queue-near-miss",
    severity: Severity::Warning,
    confidence: Confidence::Medium,
    persona: Persona::Regular,
    family: Family::Names,
    check: Some(check),
    what: "A queue that nobody reads and a queue that nobody feeds differ in one character.",
    why: "
One of the two is misspelt: the results pile up in the first, and the service that reads the second starves.",
    before: Example::Toml(
        r#"
[topology]
sources = ["sniff"]

[services.sniff]
in = "sniff"
out = [{ case = "text", queues = ["word"] }]

[services.words]
in = "words"
out = []
"#,
    ),
    after: Example::Toml(
        r#"
[topology]
sources = ["sniff"]

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
    for (fed, read) in facts.near_misses() {
        findings.push(QueueNearMiss { fed, read });
    }
}

/// The queue that is only fed, and the one that is only read.
struct QueueNearMiss<'s> {
    fed: &'s Queue<'s>,
    read: &'s Queue<'s>,
}

impl Finding for QueueNearMiss<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        format!(
            "the queues `{}` and `{}` differ in one character",
            self.fed.name, self.read.name
        )
    }

    fn labels(&self) -> Vec<Label> {
        vec![
            Label::primary(self.fed.at, format!("nobody reads `{}`", self.fed.name)),
            Label::secondary(self.read.at, format!("nobody feeds `{}`", self.read.name)),
        ]
    }

    fn help(&self) -> Option<String> {
        Some("write both the same".to_owned())
    }

    fn symptom(&self) -> Option<Symptom> {
        Some(Symptom::NearMiss(self.fed.name.to_owned()))
    }

    fn explains(&self) -> Vec<Explained> {
        let starved = Symptom::Unfed(self.read.name.to_owned());
        vec![Explained::This(starved)]
    }

    fn fixes(&self) -> Vec<Fix> {
        let edits = self.fed.feeds.iter();
        let edits = edits.map(|feed| Edit::name(feed.at, self.read.name));
        vec![Fix::proposed(
            format!("write `{}`", self.read.name),
            edits.collect(),
        )]
    }
}

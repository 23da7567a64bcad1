//! A loop that no message leaves.

use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Label, Persona, Rule, Severity,
    steps_round,
};
use crate::{
    diagnostic::{Explained, Symptom},
    wiring::Feed,
};

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "cycle-no-exit",
    severity: Severity::Error,
    confidence: Confidence::High,
    persona: Persona::Regular,
    family: Family::Graph,
    check: Some(check),
    what: "Services feed each other in a circle, and no case of any of them leads out of it or ends.",
    why: "
Every message that enters goes round for ever, and with every new one the work grows.",
    before: Example::Toml(
        r#"
[topology]
sources = ["sniff"]
sinks = []

[services.review]
in = "sniff"
out = [{ case = "wrong", queues = ["fix"] }]

[services.fix]
in = "fix"
out = [{ case = "done", queues = ["sniff"] }]
"#,
    ),
    after: Example::Toml(
        r#"
[topology]
sources = ["sniff"]
sinks = []

[services.review]
in = "sniff"
out = [
  { case = "wrong", queues = ["fix"] },
  { case = "right", queues = [] },
]

[services.fix]
in = "fix"
out = [{ case = "done", queues = ["sniff"] }]
"#,
    ),
};

fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for members in facts.wiring.endless_loops() {
        let steps = facts.wiring.shortest_cycle(members);
        findings.push(CycleNoExit {
            path: facts.wiring.path(&steps),
            steps,
        });
    }
}

/// The shortest way round.
struct CycleNoExit<'s> {
    path: String,
    steps: Vec<&'s Feed<'s>>,
}

impl Finding for CycleNoExit<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        format!("no message leaves the loop {}", self.path)
    }

    fn is_path(&self) -> bool {
        true
    }

    fn explains(&self) -> Vec<Explained> {
        vec![Explained::This(Symptom::Endless)]
    }

    fn labels(&self) -> Vec<Label> {
        steps_round(&self.steps)
    }

    fn help(&self) -> Option<String> {
        Some(
            "route a case of one of them to a queue outside, or end it with `queues = []`"
                .to_owned(),
        )
    }
}

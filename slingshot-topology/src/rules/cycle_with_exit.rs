//! A loop.

use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Label, Persona, Rule, Severity,
    steps_round,
};
use crate::wiring::Feed;

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "cycle-with-exit",
    severity: Severity::Info,
    confidence: Confidence::High,
    persona: Persona::Regular,
    family: Family::Graph,
    check: Some(check),
    what: "Services feed each other in a circle that some case leaves.",
    why: "
Loops are legal: a review that sends back what is wrong, for instance. Each round should bring a message
nearer to the exit, or be counted.",
    before: Example::Toml(
        r#"
[topology]
sources = ["sniff"]
sinks = []

[services.sniff]
in = "sniff"
out = [{ case = "text", queues = ["review"] }]

[services.review]
in = "review"
out = [
  { case = "wrong", queues = ["fix"] },
  { case = "right", queues = [] },
]

[services.fix]
in = "fix"
out = [{ case = "done", queues = ["review"] }]
"#,
    ),
    after: Example::Toml(
        r#"
[topology]
sources = ["sniff"]
sinks = []

[services.sniff]
in = "sniff"
out = [{ case = "text", queues = ["review"] }]

[services.review]
in = "review"
out = [
  { case = "wrong", queues = ["fix"] },
  { case = "right", queues = [] },
]

[services.fix]
in = "fix"
out = []
"#,
    ),
};

fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for members in facts
        .wiring
        .loops_with_exit()
        .filter(|members| members.len() > 1)
    {
        let steps = facts.wiring.shortest_cycle(members);
        findings.push(CycleWithExit {
            path: facts.wiring.path(&steps),
            steps,
        });
    }
}

/// The shortest way round.
struct CycleWithExit<'s> {
    path: String,
    steps: Vec<&'s Feed<'s>>,
}

impl Finding for CycleWithExit<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        format!("messages can go round in {}", self.path)
    }

    fn is_path(&self) -> bool {
        true
    }

    fn labels(&self) -> Vec<Label> {
        steps_round(&self.steps)
    }
}

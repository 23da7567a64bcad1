//! A loop without a promised end.

use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Label, Persona, Rule, Severity,
    steps_round,
};

use crate::{hashing::HashSet, wiring::Feed};

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "cycle-no-hop-limit",
    severity: Severity::Info,
    confidence: Confidence::High,
    persona: Persona::Pedantic,
    family: Family::Graph,
    check: Some(check),
    what: "Messages can go round in a loop, and no service of it says how often at most.",
    why: "
A message that takes the same case every time goes round for ever, unless the code counts: with a column in the
database, or with the message's attempt. `hop-limit` on a service says that its code does, and how far.",
    before: Example::Toml(
        r#"
[topology]
sources = ["review"]

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
sources = ["review"]

[services.review]
in = "review"
hop-limit = 5
out = [
  { case = "wrong", queues = ["fix"] },
  { case = "right", queues = [] },
]

[services.fix]
in = "fix"
out = [{ case = "done", queues = ["review"] }]
"#,
    ),
};

fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let wiring = &facts.wiring;
    if wiring.loops().next().is_none() {
        return;
    }
    let is_limited = |service: usize| wiring.service(service).hop_limit.is_some();
    // A loop that nothing leaves and a service that feeds itself are findings of their own.
    let leaving: HashSet<usize> = wiring.loops_with_exit().flatten().copied().collect();
    for members in wiring.loops_without(is_limited) {
        if members.len() > 1 && members.iter().all(|member| leaving.contains(member)) {
            let steps = wiring.shortest_cycle(&members);
            findings.push(CycleNoHopLimit {
                path: wiring.path(&steps),
                steps,
            });
        }
    }
}

/// The shortest way round.
struct CycleNoHopLimit<'s> {
    path: String,
    steps: Vec<&'s Feed<'s>>,
}

impl Finding for CycleNoHopLimit<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        format!(
            "nothing says how often a message goes round in {}",
            self.path
        )
    }

    fn labels(&self) -> Vec<Label> {
        steps_round(&self.steps)
    }

    fn help(&self) -> Option<String> {
        Some(
            "count the rounds in one of the services, and say the most with `hop-limit = 5`"
                .to_owned(),
        )
    }
}

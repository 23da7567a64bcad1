//! A circle that was none.

use super::steps_round;
use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Label, Persona, Rule, Severity,
};
use crate::{system::Service, wiring::Feed};

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "cycle-introduced",
    severity: Severity::Error,
    confidence: Confidence::High,
    persona: Persona::Regular,
    family: Family::Change,
    check: Some(check),
    what: "Services that are at work come to feed each other in a circle.",
    why: "
Messages that went straight through begin to go round, with whatever they cost each time. Where some case leaves
the circle, this is a warning; a circle one of whose services declares a `hop-limit` is meant, and is not reported.",
    before: Example::Against {
        previous: r#"
[topology]
sources = ["review"]

[services.review]
in = "review"
out = [{ case = "wrong", queues = ["fix"] }, { case = "right", queues = [] }]

[services.fix]
in = "fix"
"#,
        toml: r#"
[topology]
sources = ["review"]

[services.review]
in = "review"
out = [{ case = "wrong", queues = ["fix"] }, { case = "right", queues = [] }]

[services.fix]
in = "fix"
out = [{ case = "done", queues = ["review"] }]
"#,
    },
    after: Example::Against {
        previous: r#"
[topology]
sources = ["review"]

[services.review]
in = "review"
out = [{ case = "wrong", queues = ["fix"] }, { case = "right", queues = [] }]

[services.fix]
in = "fix"
"#,
        toml: r#"
[topology]
sources = ["review"]

[services.review]
in = "review"
out = [{ case = "wrong", queues = ["fix"] }, { case = "right", queues = [] }]

[services.fix]
in = "fix"
out = [{ case = "done", queues = ["review"] }]
hop-limit = 5
"#,
    },
};

fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let Some(change) = facts.change() else {
        return;
    };
    let wiring = &facts.wiring;
    for members in wiring.loops() {
        let kept = || {
            members
                .iter()
                .filter_map(|&member| change.index_before(member))
        };
        let is_limited = |&member: &usize| wiring.service(member).hop_limit.is_some();
        let was_there = kept().any(|before| change.old.is_in_a_loop(before));
        if was_there || kept().next().is_none() || members.iter().any(is_limited) {
            continue;
        }
        let steps = wiring.shortest_cycle(members);
        findings.push(CycleIntroduced {
            path: wiring.path(&steps),
            steps,
            before: kept().map(|before| change.old.service(before)).next(),
            has_exit: wiring.has_exit(members),
        });
    }
}

/// The shortest way round, and a service of it as it was.
struct CycleIntroduced<'s> {
    path: String,
    steps: Vec<&'s Feed<'s>>,
    before: Option<&'s Service>,
    has_exit: bool,
}

impl Finding for CycleIntroduced<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        format!("from now on messages can go round in {}", self.path)
    }

    fn labels(&self) -> Vec<Label> {
        let mut labels = steps_round(&self.steps);
        if let Some(before) = self.before {
            labels.push(Label::secondary(
                &before.name.span,
                "no way leads back here at work",
            ));
        }
        labels
    }

    fn help(&self) -> Option<String> {
        Some(
            "if it is meant, say how often a message may pass: `hop-limit` of one of the services"
                .to_owned(),
        )
    }

    fn severity(&self) -> Severity {
        if self.has_exit {
            Severity::Warning
        } else {
            RULE.severity
        }
    }
}

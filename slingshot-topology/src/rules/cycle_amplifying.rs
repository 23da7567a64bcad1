//! A loop in which work becomes more.

use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Label, Persona, Rule, Severity,
    steps_round,
};
use crate::wiring::Feed;

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "cycle-amplifying",
    severity: Severity::Error,
    confidence: Confidence::High,
    persona: Persona::Regular,
    family: Family::Graph,
    check: Some(check),
    what: "By the shares of its routes, more messages go round in a loop with each round.",
    why: "
A `share` says how many results of a case a message gives on average. Where their product round a loop is over
one, every message leaves more behind it than itself: the queues grow without end, however many replicas there
are. Where a loop has no shares and one case goes to two queues of it, the finding is a remark: whether that
grows depends on how often the case comes.",
    before: Example::Toml(
        r#"
[topology]
sources = ["review"]

[services.review]
in = "review"
out = [
  { case = "wrong", queues = ["fix"], share = 0.6 },
  { case = "right", queues = [], share = 0.4 },
]

[services.fix]
in = "fix"
out = [{ case = "part", queues = ["review"], share = 2.0 }]
"#,
    ),
    after: Example::Toml(
        r#"
[topology]
sources = ["review"]

[services.review]
in = "review"
out = [
  { case = "wrong", queues = ["fix"], share = 0.4 },
  { case = "right", queues = [], share = 0.6 },
]

[services.fix]
in = "fix"
out = [{ case = "part", queues = ["review"], share = 2.0 }]
"#,
    ),
};

fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let wiring = &facts.wiring;
    for members in wiring.loops_with_exit() {
        if members.iter().any(|&member| wiring.has_shares(member)) {
            if wiring.grows(members) {
                let steps = wiring.shortest_cycle(members);
                let round = steps.iter().map(|feed| wiring.share(feed)).product();
                findings.push(CycleAmplifying {
                    path: wiring.path(&steps),
                    growth: Growth::Declared { steps, round },
                });
            }
        } else if let Some(split) = wiring.split_within(members) {
            findings.push(CycleAmplifying {
                path: wiring.path(&wiring.shortest_cycle(members)),
                growth: Growth::Possible(split),
            });
        }
    }
}

/// The shortest way round, and what shows that it grows.
struct CycleAmplifying<'s> {
    path: String,
    growth: Growth<'s>,
}

enum Growth<'s> {
    /// The shares say so; how many messages come back on the shortest way for each.
    Declared {
        steps: Vec<&'s Feed<'s>>,
        round: f64,
    },
    /// One result goes on twice.
    Possible([&'s Feed<'s>; 2]),
}

impl Finding for CycleAmplifying<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        let path = &self.path;
        match self.growth {
            Growth::Declared { round, .. } if round > 1.0 => {
                format!("each message that goes round in {path} comes back as {round:.2}")
            }
            Growth::Declared { .. } => {
                format!("messages become more with each round of the loop with {path}")
            }
            Growth::Possible(_) => {
                format!("messages may become more with each round of the loop with {path}")
            }
        }
    }

    fn labels(&self) -> Vec<Label> {
        match &self.growth {
            Growth::Declared { steps, .. } => {
                let mut labels = steps_round(steps);
                let shares = steps.iter().filter_map(|feed| feed.route.share.as_ref());
                labels.extend(shares.map(|share| {
                    let text = format!("{} for each message", share.value);
                    Label::secondary(&share.span, text)
                }));
                labels
            }
            Growth::Possible([one, other]) => vec![
                Label::primary(one.at, "a result of this case stays in the loop here"),
                Label::secondary(other.at, "and here too"),
            ],
        }
    }

    fn help(&self) -> Option<String> {
        Some(match self.growth {
            Growth::Declared { .. } => {
                "lower the share of a case that stays in the loop, or route it out".to_owned()
            }
            Growth::Possible(_) => {
                "say with `share` how many results of each case there are".to_owned()
            }
        })
    }

    fn severity(&self) -> Severity {
        match self.growth {
            Growth::Declared { .. } => RULE.severity,
            Growth::Possible(_) => Severity::Info,
        }
    }

    fn confidence(&self) -> Confidence {
        match self.growth {
            Growth::Declared { .. } => RULE.confidence,
            Growth::Possible(_) => Confidence::Low,
        }
    }
}

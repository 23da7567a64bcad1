//! A limit that messages have passed already.

use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Label, Persona, Rule, Severity,
};
use crate::{diff::Kept, source::Span};

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "limit-tightened",
    severity: Severity::Warning,
    confidence: Confidence::High,
    persona: Persona::Regular,
    family: Family::Change,
    check: Some(check),
    what: "A service at work is given fewer attempts, or fewer hops.",
    why: "
Messages on their way count what they have used already: one that has failed more often than the new limit allows
becomes a dead letter at its next failure, without the attempts that it was promised.",
    before: Example::Against {
        previous: r#"
[topology]
sources = ["sniff"]

[services.sniff]
in = "sniff"
retry = { max = 10 }
"#,
        toml: r#"
[topology]
sources = ["sniff"]

[services.sniff]
in = "sniff"
retry = { max = 3 }
"#,
    },
    after: Example::Against {
        previous: r#"
[topology]
sources = ["sniff"]

[services.sniff]
in = "sniff"
retry = { max = 3 }
"#,
        toml: r#"
[topology]
sources = ["sniff"]

[services.sniff]
in = "sniff"
retry = { max = 10 }
"#,
    },
};

fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let Some(change) = facts.change() else {
        return;
    };
    for kept in &change.kept {
        let Kept { before, after, .. } = kept;
        let mut limits = vec![];
        if let (Some(old), Some(new)) = (before.retry, after.retry) {
            let places = (before.place("retry"), after.place("retry"));
            limits.push(("attempts", old.max, new.max, places));
        }
        if let (Some(old), Some(new)) = (&before.hop_limit, &after.hop_limit) {
            limits.push(("hops", old.value, new.value, (&old.span, &new.span)));
        }
        for (what, old, new, (before, after)) in limits {
            if new < old {
                findings.push(LimitTightened {
                    service: kept.name(),
                    what,
                    old,
                    new,
                    before,
                    after,
                });
            }
        }
    }
}

/// The limit, and where it is and was written.
struct LimitTightened<'s> {
    service: &'s str,
    what: &'static str,
    old: u32,
    new: u32,
    before: &'s Span,
    after: &'s Span,
}

impl Finding for LimitTightened<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        let Self {
            service,
            what,
            old,
            new,
            ..
        } = self;
        format!("service `{service}` allows {new} {what} instead of {old}")
    }

    fn labels(&self) -> Vec<Label> {
        vec![
            Label::primary(self.after, "holds for what is on its way, too"),
            Label::secondary(self.before, "what it was sent under"),
        ]
    }

    fn help(&self) -> Option<String> {
        Some(
            "let the waiting retries run out first, or replay the dead letters afterwards"
                .to_owned(),
        )
    }
}

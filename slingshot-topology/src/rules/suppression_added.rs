//! A finding that is accepted from now on.

use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Label, Persona, Rule, Severity,
};

use crate::{
    Spanned,
    hashing::HashSet,
    system::{Ignore, Level, System},
};

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "suppression-added",
    severity: Severity::Info,
    confidence: Confidence::High,
    persona: Persona::Regular,
    family: Family::Change,
    check: Some(check),
    what: "The change accepts findings that were reported before.",
    why: "
An `[[ignore]]`, or a rule that `[rules]` makes milder, is a decision: whoever looks over the change is to see it.",
    before: Example::Against {
        previous: r#"
[topology]
sources = ["poll"]

[services.poll]
in = "poll"
out = [{ case = "again", queues = ["poll"] }, { case = "done", queues = [] }]
"#,
        toml: r#"
[topology]
sources = ["poll"]

[services.poll]
in = "poll"
out = [{ case = "again", queues = ["poll"] }, { case = "done", queues = [] }]

[[ignore]]
rule = "self-loop"
reason = "the device has no other way to be asked"
"#,
    },
    after: Example::Against {
        previous: r#"
[topology]
sources = ["poll"]

[services.poll]
in = "poll"
out = [{ case = "again", queues = ["poll"] }, { case = "done", queues = [] }]

[[ignore]]
rule = "self-loop"
reason = "the device has no other way to be asked"
"#,
        toml: r#"
[topology]
sources = ["poll"]

[services.poll]
in = "poll"
out = [{ case = "again", queues = ["poll"] }, { case = "done", queues = [] }]

[[ignore]]
rule = "self-loop"
reason = "the device has no other way to be asked"
"#,
    },
};

fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let Some(previous) = facts.previous else {
        return;
    };
    let known = previous.ignores.iter().map(accepted);
    let known: HashSet<_> = known.collect();
    for ignore in &facts.system.ignores {
        if !known.contains(&accepted(ignore)) {
            findings.push(SuppressionAdded {
                at: &ignore.rule,
                to: None,
            });
        }
    }
    let level_of = |system: &System, rule: &str| {
        let mut levels = system.levels.iter().rev();
        let said = levels.find(|level| level.rule.value == rule);
        said.map(|level| level.level).or_else(|| {
            let severity = super::explain(rule)?.severity;
            Some(match severity {
                Severity::Error => Level::Error,
                Severity::Warning => Level::Warning,
                Severity::Info => Level::Info,
            })
        })
    };
    for level in &facts.system.levels {
        let before = level_of(previous, &level.rule.value);
        if before.is_some_and(|before| rank(level.level) > rank(before)) {
            findings.push(SuppressionAdded {
                at: &level.rule,
                to: Some(level.level),
            });
        }
    }
}

fn accepted(ignore: &Ignore) -> (&str, Option<&str>) {
    let subject = ignore.subject.as_ref();
    (&ignore.rule.value, subject.map(|subject| &*subject.value))
}

/// From strict to mild.
fn rank(level: Level) -> usize {
    let mut levels = Level::ALL.iter();
    levels.position(|(_, other)| *other == level).unwrap_or(0)
}

/// Where the rule is named, and how bad its findings are to be, if that is what changes.
struct SuppressionAdded<'s> {
    at: &'s Spanned<String>,
    to: Option<Level>,
}

impl Finding for SuppressionAdded<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        let rule = &self.at.value;
        match self.to {
            None => format!("findings of `{rule}` are accepted from now on"),
            Some(Level::Off) => format!("findings of `{rule}` are not reported from now on"),
            Some(_) => format!("findings of `{rule}` count for less from now on"),
        }
    }

    fn labels(&self) -> Vec<Label> {
        vec![Label::primary(&self.at.span, "new")]
    }
}

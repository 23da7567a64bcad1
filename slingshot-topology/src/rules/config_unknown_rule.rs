//! A rule that does not exist.

use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Label, Persona, Rule, Severity,
};
use super::{RULES, explain};
use crate::{
    diagnostic::{Edit, Fix, did_you_mean},
    source::Spanned,
};

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "config-unknown-rule",
    severity: Severity::Error,
    confidence: Confidence::High,
    persona: Persona::Regular,
    family: Family::Hygiene,
    check: Some(check),
    what: "`[rules]` or an ignore names a rule that does not exist.",
    why: "
The rule that was meant is still at work, or was never asked for.",
    before: Example::Toml(
        r#"
[topology]
sources = ["sniff"]

[services.sniff]
in = "sniff"
out = [{ case = "done", queues = [] }]

[rules]
self-lop = "error"
"#,
    ),
    after: Example::Toml(
        r#"
[topology]
sources = ["sniff"]

[services.sniff]
in = "sniff"
out = [{ case = "done", queues = [] }]

[rules]
self-loop = "error"
"#,
    ),
};

fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let levels = facts.system.levels.iter().map(|level| &level.rule);
    let ignores = facts.system.ignores.iter().map(|ignore| &ignore.rule);
    for rule in levels.chain(ignores) {
        if explain(&rule.value).is_none() {
            findings.push(ConfigUnknownRule { rule });
        }
    }
}

/// The name.
struct ConfigUnknownRule<'s> {
    rule: &'s Spanned<String>,
}

impl Finding for ConfigUnknownRule<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        format!("there is no rule `{}`", self.rule.value)
    }

    fn labels(&self) -> Vec<Label> {
        vec![Label::primary(&self.rule.span, "no rule has this name")]
    }

    fn help(&self) -> Option<String> {
        let meant = did_you_mean(&self.rule.value, RULES.iter().map(|rule| rule.name))?;
        Some(format!("did you mean `{meant}`?"))
    }

    fn fixes(&self) -> Vec<Fix> {
        let meant = did_you_mean(&self.rule.value, RULES.iter().map(|rule| rule.name));
        let fix = |meant: &str| {
            let written = self.rule.span.text().replace(&self.rule.value, meant);
            Fix::proposed(
                format!("write `{meant}`"),
                vec![Edit::new(&self.rule.span, written)],
            )
        };
        meant.map(fix).into_iter().collect()
    }
}

//! A queue that gets each id twice.

use super::{
    Confidence, Edit, Example, Facts, Family, Finding, Findings, Fix, Label, Persona, Rule,
    Severity, repeats,
};

use crate::{Name, Spanned};

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "case-queue-twice",
    severity: Severity::Error,
    confidence: Confidence::High,
    persona: Persona::Regular,
    family: Family::Cases,
    check: Some(check),
    what: "A route names a queue twice.",
    why: "
Each result would be published to it twice, and worked on twice.",
    before: Example::Toml(
        r#"
[topology]
sources = ["review"]
sinks = ["words"]

[services.review]
in = "review"
out = [
  { case = "text", queues = ["words", "words"] },
]
"#,
    ),
    after: Example::Toml(
        r#"
[topology]
sources = ["review"]
sinks = ["words"]

[services.review]
in = "review"
out = [
  { case = "text", queues = ["words"] },
]
"#,
    ),
};

fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for service in 0..facts.wiring.service_count() {
        for (place, targets) in facts.wiring.routes(service).enumerate() {
            if !repeats(targets, |target| *target).is_empty() {
                let route = facts.wiring.route(service, place);
                for (first, second) in repeats(&route.queues, |queue| &*queue.value) {
                    findings.push(CaseQueueTwice { first, second });
                }
            }
        }
    }
}

/// The two mentions.
struct CaseQueueTwice<'s> {
    first: &'s Spanned<Name>,
    second: &'s Spanned<Name>,
}

impl Finding for CaseQueueTwice<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        format!("the queue `{}` would get each id twice", self.second.value)
    }

    fn labels(&self) -> Vec<Label> {
        vec![
            Label::primary(&self.second.span, "named again here"),
            Label::secondary(&self.first.span, "first named here"),
        ]
    }

    fn help(&self) -> Option<String> {
        Some("remove one of them".to_owned())
    }

    fn fixes(&self) -> Vec<Fix> {
        let edits = vec![Edit::removal(&self.second.span)];
        vec![Fix::safe("remove the second mention", edits)]
    }
}

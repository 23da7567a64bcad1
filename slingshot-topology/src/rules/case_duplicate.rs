//! A case that is routed twice.

use super::{
    Confidence, Edit, Example, Facts, Family, Finding, Findings, Fix, Label, Persona, Rule,
    Severity, repeats,
};
use crate::diagnostic::{Explained, Symptom};

use crate::{
    diagnostic::quoted,
    system::{Route, Service},
};

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "case-duplicate",
    severity: Severity::Error,
    confidence: Confidence::High,
    persona: Persona::Regular,
    family: Family::Cases,
    check: Some(check),
    what: "Two routes of one service are for the same case.",
    why: "
Services keep one of the two without a word, old ones the last: the queues of the other one get nothing.",
    before: Example::Toml(
        r#"
[topology]
sources = ["review"]
sinks = ["words", "archive"]

[services.review]
in = "review"
out = [
  { case = "text", queues = ["words"] },
  { case = "text", queues = ["archive"] },
]
"#,
    ),
    after: Example::Toml(
        r#"
[topology]
sources = ["review"]
sinks = ["words", "archive"]

[services.review]
in = "review"
out = [
  { case = "text", queues = ["words", "archive"] },
]
"#,
    ),
};

fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for service in facts.peculiar_cases() {
        for (first, second) in repeats(&service.routes, |route| &route.case.value) {
            findings.push(CaseDuplicate {
                service,
                first,
                second,
            });
        }
    }
}

/// The two routes.
struct CaseDuplicate<'s> {
    service: &'s Service,
    first: &'s Route,
    second: &'s Route,
}

impl Finding for CaseDuplicate<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        let (name, case) = (&self.service.name.value, &self.second.case.value);
        format!("service `{name}` routes the case {case} twice")
    }

    fn explains(&self) -> Vec<Explained> {
        let unrouted = Symptom::Unrouted(self.service.name.value.to_string());
        vec![Explained::This(unrouted)]
    }

    fn labels(&self) -> Vec<Label> {
        vec![
            Label::primary(&self.second.case.span, "routed again here"),
            Label::secondary(&self.first.case.span, "first routed here"),
        ]
    }

    fn help(&self) -> Option<String> {
        Some("merge them into one route with the queues of both".to_owned())
    }

    fn fixes(&self) -> Vec<Fix> {
        let lost = self.second.queues.iter().filter(|queue| {
            let mut kept = self.first.queues.iter();
            kept.all(|kept| kept.value != queue.value)
        });
        let lost: Vec<_> = lost
            .map(|queue| [", ", &quoted(&queue.value)].concat())
            .collect();
        let lost = lost.concat();
        let last = self.first.queues.last();
        let is_inline = |route: &Route| route.span.text().starts_with('{');
        let has_share = self.first.share.is_some() || self.second.share.is_some();
        let is_simple = is_inline(self.first) && is_inline(self.second) && !has_share;
        if !is_simple || last.is_none() && !lost.is_empty() {
            return Vec::new();
        }
        let more = last.map(|last| Edit::after(&last.span, lost));
        let edits = more.into_iter().chain([Edit::removal(&self.second.span)]);
        vec![Fix::proposed(
            "merge the two into the first",
            edits.collect(),
        )]
    }
}

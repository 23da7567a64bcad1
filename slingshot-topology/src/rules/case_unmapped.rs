//! A case that the code returns and the map does not route.

use super::{
    Confidence, Edit, Example, Facts, Family, Finding, Findings, Fix, Label, Persona, Rule,
    Severity,
};
use crate::{
    CaseValue, Spanned,
    diagnostic::{Explained, Symptom},
    system::{Route, Service},
};

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "case-unmapped",
    severity: Severity::Error,
    confidence: Confidence::High,
    persona: Persona::Regular,
    family: Family::Code,
    check: Some(check),
    what: "A function can return a case that its service has no route for.",
    why: "
A result whose case has no route is a dead letter. Results that are to end at the service have a route too,
with `queues = []`. The rule needs a closed set of cases: a `bool`, or an enum with `#[derive(Case)]`. Of a variant
that `cfg` may leave out, and that is not there because of a default feature, the finding is a remark.",
    before: Example::WithCode {
        toml: r#"
[topology]
sources = ["sniff"]
sinks = ["words"]

[services.sniff]
in = "sniff"
out = [
  { case = "text", queues = ["words"] },
]
"#,
        rust: r#"
#[derive(Case)]
enum Kind {
    Text,
    Image,
}

#[microservice(name = "sniff")]
fn sniff(request: u64) -> (u64, Kind) {
    // ..
}
"#,
    },
    after: Example::WithCode {
        toml: r#"
[topology]
sources = ["sniff"]
sinks = ["words"]

[services.sniff]
in = "sniff"
out = [
  { case = "text", queues = ["words"] },
  { case = "image", queues = [] },
]
"#,
        rust: r#"
#[derive(Case)]
enum Kind {
    Text,
    Image,
}

#[microservice(name = "sniff")]
fn sniff(request: u64) -> (u64, Kind) {
    // ..
}
"#,
    },
};

/// How many of the cases are shown.
const SHOWN_CASES: usize = 4;

fn check(facts: &Facts<'_>, findings: &mut Findings) {
    // A route may be among what could not be read.
    if !facts.system.complete {
        return;
    }
    for pair in facts.returned_cases() {
        // A case that is routed as a value of another type is a finding of its own.
        let unrouted = pair.unrouted().filter(|case| pair.mistyped(case).is_none());
        let mut unrouted: Vec<_> = unrouted.collect();
        let is_certain = |case: &&Spanned<CaseValue>| !pair.is_uncertain(case);
        if pair.service.routes.is_empty() && unrouted.iter().filter(|it| is_certain(it)).count() > 1
        {
            let service = pair.service;
            let (cases, rest) = unrouted.into_iter().partition(is_certain);
            findings.push(NoCaseMapped { service, cases });
            unrouted = rest;
        }
        let untaken: Vec<_> = pair.untaken().take(2).collect();
        for case in &unrouted {
            // The only case without a route, and the only route without a case.
            let only = match (&*unrouted, &*untaken) {
                ([_], [only]) => Some(*only),
                _ => None,
            };
            findings.push(CaseUnmapped {
                service: pair.service,
                case,
                is_uncertain: pair.is_uncertain(case),
                meant: pair.misspelt(case),
                only,
            });
        }
    }
}

/// The case, and a route that may have been meant for it.
struct CaseUnmapped<'s> {
    service: &'s Service,
    case: &'s Spanned<CaseValue>,
    /// Whether a build may be without it.
    is_uncertain: bool,
    meant: Option<&'s Route>,
    /// The route that may have been it under another name.
    only: Option<&'s Route>,
}

impl Finding for CaseUnmapped<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        let (name, case) = (&self.service.name.value, &self.case.value);
        let returns = if self.is_uncertain {
            "may return"
        } else {
            "returns"
        };
        format!("service `{name}` {returns} the case {case}, which has no route")
    }

    fn labels(&self) -> Vec<Label> {
        let case = &self.case.value;
        let mut labels = vec![
            Label::primary(&self.service.routes_at, format!("no route for {case}")),
            Label::secondary(
                &self.case.span,
                if self.is_uncertain {
                    "returned by the code, in builds that have it"
                } else {
                    "returned by the code"
                },
            ),
        ];
        if let Some(meant) = self.meant.or(self.only) {
            labels.push(Label::secondary(
                &meant.case.span,
                "the code never returns this one",
            ));
        }
        labels
    }

    fn help(&self) -> Option<String> {
        let case = &self.case.value;
        if let Some(meant) = self.meant {
            let routed = &meant.case.value;
            return Some(format!(
                "did you mean {case} where the route says {routed}?"
            ));
        }
        let rename = self.only.map_or_else(String::new, |only| {
            let routed = &only.case.value;
            format!("; if it is what was {routed}, rename that")
        });
        Some(format!(
            "add `{{ case = {case}, queues = [..] }}` to `out`; results that end here have `queues = []`{rename}"
        ))
    }

    fn symptom(&self) -> Option<Symptom> {
        Some(Symptom::Unrouted(self.service.name.value.to_string()))
    }

    /// Where its results are to go, nobody knows.
    fn explains(&self) -> Vec<Explained> {
        let service = &self.service.name.value;
        let untaken = self.only.map(|_| Symptom::Untaken(service.to_string()));
        let unfed = self.meant.is_none().then_some(Explained::EVERY_UNFED);
        let changed = Symptom::Changed(service.to_string());
        let these = untaken.into_iter().chain([changed]);
        these.map(Explained::This).chain(unfed).collect()
    }

    fn severity(&self) -> Severity {
        if self.is_uncertain {
            Severity::Info
        } else {
            RULE.severity
        }
    }

    fn confidence(&self) -> Confidence {
        if self.is_uncertain {
            Confidence::Low
        } else {
            RULE.confidence
        }
    }

    fn fixes(&self) -> Vec<Fix> {
        let case = &self.case.value;
        if let Some(meant) = self.meant {
            let edit = Edit::new(&meant.case.span, case.to_string());
            return vec![Fix::proposed(format!("write `case = {case}`"), vec![edit])];
        }
        let last = self.service.routes.last().map(|route| &route.span);
        let Some(last) = last.filter(|last| last.text().starts_with('{')) else {
            return Vec::new();
        };
        let route = if last.file.text.trim_start().starts_with('{') {
            format!("{{\"case\": {case}, \"queues\": []}}")
        } else {
            format!("{{ case = {case}, queues = [] }}")
        };
        vec![Fix::proposed(
            format!("end the case {case} here with `queues = []`"),
            Edit::item_after(last, &route),
        )]
    }
}

/// A service without a route, of several cases.
struct NoCaseMapped<'s> {
    service: &'s Service,
    cases: Vec<&'s Spanned<CaseValue>>,
}

impl Finding for NoCaseMapped<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        let (name, count) = (&self.service.name.value, self.cases.len());
        format!("service `{name}` returns {count} cases, and has a route for none of them")
    }

    fn labels(&self) -> Vec<Label> {
        let routes = Label::primary(&self.service.routes_at, "no routes");
        let cases = self.cases.iter().take(SHOWN_CASES);
        let cases = cases.map(|case| Label::secondary(&case.span, "returned by the code"));
        std::iter::once(routes).chain(cases).collect()
    }

    fn help(&self) -> Option<String> {
        Some(
            "add `{ case = .., queues = [..] }` to `out` for each; results that end here have `queues = []`"
                .to_owned(),
        )
    }

    fn explains(&self) -> Vec<Explained> {
        let changed = Symptom::Changed(self.service.name.value.to_string());
        vec![Explained::This(changed), Explained::EVERY_UNFED]
    }
}

//! A route that is still needed.

use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Label, Persona, Rule, Severity,
};

use crate::{
    diagnostic::Symptom,
    diff::{Kept, bare},
    facts::Returned,
    hashing::HashMap,
    source::Span,
    system::Route,
};

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "case-removed",
    severity: Severity::Error,
    confidence: Confidence::High,
    persona: Persona::Regular,
    family: Family::Change,
    check: Some(check),
    what: "A route goes whose case the code returns, or may return.",
    why: "
A result of a case that no route knows is a permanent error: its message becomes a dead letter. Deploy the code
that no longer returns the case first, and the map without the route after it. Without code to look at, or
with code that may return anything, this is a warning of low confidence; a case that `[topology] retired`
names (`case`, or `service/case`) makes it a remark.",
    before: Example::Complete {
        previous: r#"
[topology]
sources = ["sniff"]

[services.sniff]
in = "sniff"
out = [
  { case = "text", queues = [] },
  { case = "image", queues = [] },
]
"#,
        toml: r#"
[topology]
sources = ["sniff"]

[services.sniff]
in = "sniff"
out = [{ case = "text", queues = [] }]
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
    after: Example::Complete {
        previous: r#"
[topology]
sources = ["sniff"]

[services.sniff]
in = "sniff"
out = [
  { case = "text", queues = [] },
  { case = "image", queues = [] },
]
"#,
        toml: r#"
[topology]
sources = ["sniff"]
retired = ["sniff/image"]

[services.sniff]
in = "sniff"
out = [{ case = "text", queues = [] }]
"#,
        rust: r#"
#[derive(Case)]
enum Kind {
    Text,
}

#[microservice(name = "sniff")]
fn sniff(request: u64) -> (u64, Kind) {
    // ..
}
"#,
    },
};

fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let Some(change) = facts.change() else {
        return;
    };
    for gone in removed_cases(facts) {
        if !matches!(gone.code, InCode::Not) {
            let (service, case) = (gone.kept.name(), &gone.route.case.value);
            findings.push(CaseRemoved {
                is_retired: change.is_retired_case(service, case),
                gone,
            });
        }
    }
}

/// A route that went, and whether it is still needed.
pub(crate) struct RemovedCase<'s> {
    pub(crate) kept: Kept<'s>,
    /// As it was.
    pub(crate) route: &'s Route,
    pub(crate) code: InCode<'s>,
}

/// What the code says of a case.
pub(crate) enum InCode<'s> {
    /// It is returned here.
    Returned(&'s Span),
    /// It is never returned.
    Not,
    /// Nobody knows.
    Unknown,
}

/// The routes that went from services that stay.
pub(crate) fn removed_cases<'s>(facts: &Facts<'s>) -> Vec<RemovedCase<'s>> {
    let Some(change) = facts.change() else {
        return Vec::new();
    };
    let returned = facts.returned_cases();
    let returned: HashMap<&str, Returned<'s>> = returned
        .map(|returned| (&*returned.service.name.value, returned))
        .collect();
    let mut found = Vec::new();
    for kept in &change.kept {
        for route in kept.routes().removed {
            let code = match returned.get(kept.name()) {
                None => InCode::Unknown,
                Some(cases) => match cases.case(&route.case.value) {
                    Some(case) => InCode::Returned(&case.span),
                    None => InCode::Not,
                },
            };
            found.push(RemovedCase {
                kept: *kept,
                route,
                code,
            });
        }
    }
    found
}

/// The route.
struct CaseRemoved<'s> {
    gone: RemovedCase<'s>,
    is_retired: bool,
}

impl Finding for CaseRemoved<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        let RemovedCase { kept, route, code } = &self.gone;
        let (service, case) = (kept.name(), &route.case.value);
        match code {
            InCode::Returned(_) => {
                format!("service `{service}` still returns the case {case}, whose route goes")
            }
            _ => format!("service `{service}` may still return the case {case}, whose route goes"),
        }
    }

    fn labels(&self) -> Vec<Label> {
        let RemovedCase { kept, route, code } = &self.gone;
        let mut labels = vec![
            Label::primary(&kept.after.routes_at, "has no route for it"),
            Label::secondary(&route.case.span, "routed at work"),
        ];
        if let InCode::Returned(at) = code {
            labels.push(Label::secondary(at, "still returned"));
        }
        labels
    }

    fn symptom(&self) -> Option<Symptom> {
        Some(Symptom::Changed(self.gone.kept.name().to_owned()))
    }

    fn help(&self) -> Option<String> {
        let (service, case) = (self.gone.kept.name(), bare(&self.gone.route.case.value));
        Some(format!(
            "deploy code that does not return it first, then name `{service}/{case}` in `[topology] retired`"
        ))
    }

    fn severity(&self) -> Severity {
        match self.gone.code {
            _ if self.is_retired => Severity::Info,
            InCode::Returned(_) => RULE.severity,
            _ => Severity::Warning,
        }
    }

    fn confidence(&self) -> Confidence {
        match self.gone.code {
            InCode::Returned(_) => RULE.confidence,
            _ => Confidence::Low,
        }
    }
}

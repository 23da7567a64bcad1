//! A case that looks as before and is another.

use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Label, Persona, Rule, Severity,
};

use crate::{diagnostic::Symptom, facts::Returned, hashing::HashMap, system::Route};

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "case-type-changed",
    severity: Severity::Error,
    confidence: Confidence::High,
    persona: Persona::Regular,
    family: Family::Change,
    check: Some(check),
    what: "A route's case gets another type and looks the same: `true` becomes `\"true\"`.",
    why: "
Cases of different types are different cases: the code that is at work returns the old one, which no route
knows any more, and its messages become dead letters. Where the new code returns the new case, this is a warning
about the time between: whichever of map and code comes first, the other lags.",
    before: Example::Against {
        previous: r#"
[topology]
sources = ["sniff"]

[services.sniff]
in = "sniff"
out = [{ case = true, queues = [] }, { case = false, queues = [] }]
"#,
        toml: r#"
[topology]
sources = ["sniff"]

[services.sniff]
in = "sniff"
out = [{ case = "true", queues = [] }, { case = "false", queues = [] }]
"#,
    },
    after: Example::Against {
        previous: r#"
[topology]
sources = ["sniff"]

[services.sniff]
in = "sniff"
out = [{ case = true, queues = [] }, { case = false, queues = [] }]
"#,
        toml: r#"
[topology]
sources = ["sniff"]

[services.sniff]
in = "sniff"
out = [{ case = false, queues = [] }, { case = true, queues = [] }]
"#,
    },
};

fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let Some(change) = facts.change() else {
        return;
    };
    let returned = facts.returned_cases();
    let returned: HashMap<&str, Returned<'_>> = returned
        .map(|returned| (&*returned.service.name.value, returned))
        .collect();
    for kept in &change.kept {
        for (old, new) in kept.routes().retyped {
            let code = returned.get(kept.name());
            findings.push(CaseTypeChanged {
                service: kept.name(),
                old,
                new,
                fits_code: code.is_some_and(|cases| cases.case(&new.case.value).is_some()),
            });
        }
    }
}

/// The two routes.
struct CaseTypeChanged<'s> {
    service: &'s str,
    old: &'s Route,
    new: &'s Route,
    fits_code: bool,
}

impl Finding for CaseTypeChanged<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        let Self {
            service, old, new, ..
        } = self;
        format!(
            "the case {} of service `{service}` becomes {}, which is another",
            old.case.value, new.case.value
        )
    }

    fn labels(&self) -> Vec<Label> {
        vec![
            Label::primary(&self.new.case.span, "results of before do not match this"),
            Label::secondary(&self.old.case.span, "routed at work"),
        ]
    }

    fn symptom(&self) -> Option<Symptom> {
        Some(Symptom::Changed(self.service.to_owned()))
    }

    fn help(&self) -> Option<String> {
        Some(
            "stop the service, deploy its code and the map together, and replay what became a dead letter between"
                .to_owned(),
        )
    }

    fn severity(&self) -> Severity {
        if self.fits_code {
            Severity::Warning
        } else {
            RULE.severity
        }
    }
}

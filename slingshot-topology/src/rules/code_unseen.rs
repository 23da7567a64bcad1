//! Code that the scan could not follow.

use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Label, Persona, Rule, Severity,
};
use crate::{
    code::{Code, Unseen},
    source::Span,
};

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "code-unseen",
    severity: Severity::Info,
    confidence: Confidence::High,
    persona: Persona::Regular,
    family: Family::Code,
    check: Some(check),
    what: "The scan could not see which key, handler or service is named, or which services there are.",
    why: "
The source is read and never run: a name that is computed, or that a function of another package gives, is not
known. The rules say nothing of what they do not know, and so their silence about this service proves less: a
key without a bucket or a handler that is not there is found at work.",
    before: Example::WithCode {
        toml: r#"
[topology]
sources = ["sniff"]
external-buckets = ["raw"]

[services.sniff]
in = "sniff"
out = []
buckets = { in = "raw" }
"#,
        rust: r#"
#[microservice(name = "sniff")]
fn sniff(request: u64, read_file: &ReadFileFn) {
    let file = read_file(&key_of(request), request);
    // ..
}
"#,
    },
    after: Example::WithCode {
        toml: r#"
[topology]
sources = ["sniff"]
external-buckets = ["raw"]

[services.sniff]
in = "sniff"
out = []
buckets = { in = "raw" }
"#,
        rust: r#"
#[microservice(name = "sniff", reads("in"))]
fn sniff(request: u64, read_file: &ReadFileFn) {
    let file = read_file(&key_of(request), request);
    // ..
}
"#,
    },
};

fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let Some(code) = facts.code else {
        return;
    };
    let mut reported: Vec<&Span> = Vec::new();
    for unseen in &code.unseen {
        // A service that the map does not have is a finding of its own.
        let is_here = unseen
            .of
            .as_deref()
            .is_none_or(|of| is_here(facts, code, of));
        // What a helper does unseen, everyone does who calls it.
        if is_here && !reported.contains(&&unseen.at) {
            reported.push(&unseen.at);
            findings.push(CodeUnseen { unseen });
        }
    }
}

fn is_here(facts: &Facts<'_>, code: &Code, name: &str) -> bool {
    let is_handler = || code.handlers.iter().any(|handler| handler.name == name);
    facts.services().contains_key(name) || is_handler()
}

/// The place.
struct CodeUnseen<'s> {
    unseen: &'s Unseen,
}

impl Finding for CodeUnseen<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        match &self.unseen.of {
            Some(of) => format!("not all that `{of}` does is seen in its code"),
            None => "not all services and handlers are seen in the code".to_owned(),
        }
    }

    fn labels(&self) -> Vec<Label> {
        vec![Label::primary(&self.unseen.at, &*self.unseen.what)]
    }

    fn help(&self) -> Option<String> {
        Some(self.unseen.help.clone())
    }
}

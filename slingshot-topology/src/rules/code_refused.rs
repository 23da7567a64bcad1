//! Code that does not compile.

use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Label, Persona, Rule, Severity,
};
use crate::diagnostic::{Explained, Symptom};
use crate::dialect::Dialect;
use crate::source::Spanned;

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "code-refused",
    severity: Severity::Error,
    confidence: Confidence::High,
    persona: Persona::Regular,
    family: Family::Code,
    check: Some(check),
    what: "The compiler will refuse an annotation, or a file that holds some; or a script is not Python.",
    why: "
What stands there is not compiled, and so it is not known which service it was to be, or which cases it
returns. The rules that hold the code against the map say less until it is mended: their silence proves
nothing.",
    before: Example::WithCode {
        toml: r#"
[topology]
sources = ["sniff"]

[services.sniff]
in = "sniff"
out = []
"#,
        rust: r#"
#[microservice(name = "sniff", name = "sniff")]
fn sniff(request: u64) {
    // ..
}
"#,
    },
    after: Example::WithCode {
        toml: r#"
[topology]
sources = ["sniff"]

[services.sniff]
in = "sniff"
out = []
"#,
        rust: r#"
#[microservice(name = "sniff")]
fn sniff(request: u64) {
    // ..
}
"#,
    },
};

fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for refused in facts.code.iter().flat_map(|code| &code.refused) {
        findings.push(CodeRefused { refused });
    }
}

/// The place, and what the compiler will say.
struct CodeRefused<'s> {
    refused: &'s Spanned<String>,
}

impl Finding for CodeRefused<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        match Dialect::at(&self.refused.span) {
            Dialect::Rust => format!("the compiler will refuse this: {}", self.refused.value),
            // It says so itself.
            Dialect::Python => self.refused.value.clone(),
        }
    }

    fn explains(&self) -> Vec<Explained> {
        let at = &self.refused.span;
        let unmapped = Symptom::Unmapped(at.file.path.clone(), at.start);
        vec![Explained::This(unmapped)]
    }

    fn labels(&self) -> Vec<Label> {
        let label = match Dialect::at(&self.refused.span) {
            Dialect::Rust => "not compiled",
            Dialect::Python => "not looked at any further",
        };
        vec![Label::primary(&self.refused.span, label)]
    }
}

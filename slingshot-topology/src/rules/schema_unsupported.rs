//! A file of a newer form.

use super::{Confidence, Example, Family, Finding, Label, Persona, Rule, Severity};
use crate::source::Span;

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "schema-unsupported",
    severity: Severity::Error,
    confidence: Confidence::High,
    persona: Persona::Regular,
    family: Family::Input,
    check: None,
    what: "A manifest is of a form that this version cannot read.",
    why: "
Within a form, fields are only added, and those that are not known are passed over. A newer form means something
else by the same words: reading on would prove the wrong thing.",
    before: Example::WithManifest {
        toml: r#"
[topology]
sources = ["sniff"]

[services.sniff]
in = "sniff"
buckets = { in = "raw" }
out = [{ case = "text", queues = [] }, { case = "image", queues = [] }]
"#,
        rust: r#"
#[derive(Case)]
enum Kind { Text, Image }

#[microservice(name = "sniff")]
fn process(request: u64, read_file: &ReadFileFn) -> (u64, Kind) {
    let file = read_file("in", request);
    // ..
}
"#,
        manifest: r#"
{
  "format_version": 2,
  "services": [{ "name": "sniff", "cases": ["image", "text"], "reads": ["in"] }]
}
"#,
    },
    after: Example::WithManifest {
        toml: r#"
[topology]
sources = ["sniff"]

[services.sniff]
in = "sniff"
buckets = { in = "raw" }
out = [{ case = "text", queues = [] }, { case = "image", queues = [] }]
"#,
        rust: r#"
#[derive(Case)]
enum Kind { Text, Image }

#[microservice(name = "sniff")]
fn process(request: u64, read_file: &ReadFileFn) -> (u64, Kind) {
    let file = read_file("in", request);
    // ..
}
"#,
        manifest: r#"
{
  "format_version": 1,
  "services": [{ "name": "sniff", "cases": ["image", "text"], "reads": ["in"] }]
}
"#,
    },
};

/// The version, and where it stands.
pub(crate) struct SchemaUnsupported {
    pub(crate) version: i128,
    pub(crate) at: Span,
}

impl Finding for SchemaUnsupported {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        format!(
            "this version cannot read a manifest of form {}",
            self.version
        )
    }

    fn labels(&self) -> Vec<Label> {
        vec![Label::primary(&self.at, "a newer form")]
    }

    fn help(&self) -> Option<String> {
        Some("use the `slingshot` command of the version that wrote it".to_owned())
    }
}

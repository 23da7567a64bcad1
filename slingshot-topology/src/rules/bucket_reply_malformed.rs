//! A bucket whose name is more than a name.

use super::{
    Confidence, Example, Facts, Family, Finding, Findings, Label, Persona, Rule, Severity,
};
use crate::Spanned;

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "bucket-reply-malformed",
    severity: Severity::Error,
    confidence: Confidence::High,
    persona: Persona::Regular,
    family: Family::Buckets,
    check: Some(check),
    what: "A bucket's name is empty, has quotes or line breaks in it, or is a web page.",
    why: r#"
A sys-map answers `/SERVICE/KEY` with the bare name, as plain text. A server that encodes it as JSON, or a
page that stands in for it, is taken at its word: old services ask the store for the bucket `"raw"`, quotes
and all, and new ones refuse to start."#,
    before: Example::Json(
        r#"
{
  "topology": { "sources": ["sniff"], "sinks": [] },
  "sniff": { "in": "sniff", "out": [], "buckets": { "in": "\"raw\"" } }
}
"#,
    ),
    after: Example::Json(
        r#"
{
  "topology": { "sources": ["sniff"], "sinks": [] },
  "sniff": { "in": "sniff", "out": [], "buckets": { "in": "raw" } }
}
"#,
    ),
};

fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let services = facts.system.services.iter();
    for bucket in services.flat_map(|service| &service.buckets) {
        if let Some(flaw) = flaw(&bucket.name.value) {
            findings.push(BucketReplyMalformed {
                key: &bucket.key.value,
                name: &bucket.name,
                flaw,
            });
        }
    }
}

/// What makes a text something else than a name, whatever a store would say of it.
pub(crate) fn flaw(name: &str) -> Option<&'static str> {
    match name {
        _ if name.trim().is_empty() => Some("nothing where a name must be"),
        _ if name.trim_start().starts_with('<') => Some("a web page and no name"),
        _ if name.contains(['\n', '\r']) => Some("more than one line"),
        _ if name.contains(['"', '\'']) => Some("quotes are part of this name"),
        _ => None,
    }
}

/// The bucket, and what is wrong with its name.
struct BucketReplyMalformed<'s> {
    key: &'s str,
    name: &'s Spanned<String>,
    flaw: &'static str,
}

impl Finding for BucketReplyMalformed<'_> {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        format!("the bucket of `{}` has a name that is none", self.key)
    }

    fn labels(&self) -> Vec<Label> {
        vec![Label::primary(&self.name.span, self.flaw)]
    }

    fn help(&self) -> Option<String> {
        Some("let the sys-map answer with the bucket's bare name, as text/plain".to_owned())
    }
}

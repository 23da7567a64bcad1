//! Findings of an earlier day that are accepted until somebody mends them: `slingshot-baseline.json`.

use std::{collections::BTreeSet, ops::Range, sync::Arc};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::Report;
use crate::{
    diagnostic::Diagnostic,
    document::{Node, Value, parse_json},
    source::{SourceFile, Span},
};

/// Grows when a field changes its meaning or goes.
const FORMAT_VERSION: u32 = 1;

/// Findings that are known and accepted, by fingerprint.
#[derive(Clone, Debug)]
pub struct Baseline {
    entries: Vec<Entry>,
    fingerprints: BTreeSet<u64>,
}

/// One accepted finding.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) rule: String,
    pub(crate) message: String,
    pub(crate) fingerprint: u64,
    /// Its fingerprint in the file.
    pub(crate) at: Span,
}

/// A text that is not a baseline.
#[derive(Debug, Error)]
pub enum BaselineError {
    /// No JSON, or JSON of another form.
    #[error("not a baseline: {0}")]
    Malformed(String),
    /// Written by a newer version.
    #[error(
        "the baseline has the format {0}, and this version of slingshot reads {FORMAT_VERSION}"
    )]
    Version(u32),
}

#[derive(Serialize, Deserialize)]
#[serde(
    deny_unknown_fields,
    expecting = "an object with `format_version` and `findings`"
)]
struct Written {
    format_version: u32,
    findings: Vec<WrittenEntry>,
}

#[derive(Serialize, Deserialize)]
#[serde(
    deny_unknown_fields,
    expecting = "an object with `rule`, `fingerprint` and `message`"
)]
struct WrittenEntry {
    rule: String,
    fingerprint: String,
    message: String,
}

impl Baseline {
    /// Reads a baseline.
    ///
    /// # Errors
    ///
    /// [`BaselineError`] says what is wrong with the text.
    pub fn read(file: &Arc<SourceFile>) -> Result<Self, BaselineError> {
        let malformed =
            |error: serde_json::Error| BaselineError::Malformed(in_words_of_json(&error));
        let written: Written = serde_json::from_str(&file.text).map_err(malformed)?;
        if written.format_version != FORMAT_VERSION {
            return Err(BaselineError::Version(written.format_version));
        }
        let mut places = places(&file.text).into_iter();
        let entries = written.findings.into_iter().map(|entry| {
            let at = places.next().unwrap_or_default();
            entry.located(file.span(at))
        });
        let entries = entries.collect::<Result<Vec<_>, _>>()?;
        Ok(Self {
            fingerprints: entries.iter().map(|entry| entry.fingerprint).collect(),
            entries,
        })
    }

    /// The text of a baseline that accepts what a report shows, and what it accepts already by baseline.
    pub fn written(report: &Report) -> String {
        let known = report.suppressed.iter();
        let known = known.filter(|known| matches!(known.by, super::Suppression::Baseline));
        let known = known.map(|known| &known.diagnostic);
        let mut findings: Vec<_> = report.diagnostics.iter().chain(known).map(entry).collect();
        findings.sort_by(|one, other| {
            (&one.rule, &one.message, &one.fingerprint).cmp(&(
                &other.rule,
                &other.message,
                &other.fingerprint,
            ))
        });
        let written = Written {
            format_version: FORMAT_VERSION,
            findings,
        };
        let mut text = serde_json::to_string_pretty(&written).expect("strings serialize");
        text.push('\n');
        text
    }

    pub(super) fn contains(&self, fingerprint: u64) -> bool {
        self.fingerprints.contains(&fingerprint)
    }

    pub(super) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    pub(super) fn rules(&self) -> impl Iterator<Item = String> {
        self.entries.iter().map(|entry| entry.rule.clone())
    }
}

/// The types of Rust are told as those of JSON.
fn in_words_of_json(error: &serde_json::Error) -> String {
    let words = [
        ("expected u32", "expected a whole number"),
        ("expected a sequence", "expected a list"),
        ("invalid type: sequence", "invalid type: list"),
        ("invalid type: map", "invalid type: object"),
        ("invalid type: unit value", "invalid type: null"),
    ];
    let said = error.to_string();
    words
        .into_iter()
        .fold(said, |said, (rust, json)| said.replace(rust, json))
}

fn entry(diagnostic: &Diagnostic) -> WrittenEntry {
    WrittenEntry {
        rule: diagnostic.rule.name.to_owned(),
        fingerprint: diagnostic.fingerprint(),
        message: diagnostic.message.clone(),
    }
}

/// Where the fingerprints are written, without their quotes.
fn places(text: &str) -> Vec<Range<usize>> {
    let parsed = parse_json(text);
    let findings = field(&parsed.root, "findings");
    let Some(Value::List(findings)) = findings.map(|node| &node.value) else {
        return Vec::new();
    };
    let place = |finding| {
        let written = &field(finding, "fingerprint")?.range;
        Some(written.start + 1..written.end - 1)
    };
    let places = findings.iter().map(place);
    places.map(Option::unwrap_or_default).collect()
}

fn field<'n, 't>(node: &'n Node<'t>, name: &str) -> Option<&'n Node<'t>> {
    let Value::Table(entries) = &node.value else {
        return None;
    };
    let entry = entries.iter().find(|entry| entry.key == name)?;
    Some(&entry.node)
}

impl WrittenEntry {
    fn located(self, at: Span) -> Result<Entry, BaselineError> {
        let fingerprint = u64::from_str_radix(&self.fingerprint, 16).map_err(|_| {
            BaselineError::Malformed(format!("`{}` is no fingerprint", self.fingerprint))
        })?;
        Ok(Entry {
            at,
            rule: self.rule,
            message: self.message,
            fingerprint,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Baseline, SourceFile};

    fn read(text: &str) -> Result<Vec<(u64, String)>, String> {
        let read = Baseline::read(&SourceFile::new("slingshot-baseline.json", text));
        let entries = read.map_err(|error| error.to_string())?.entries;
        let shown = |it: &super::Entry| (it.fingerprint, it.at.text().to_owned());
        Ok(entries.iter().map(shown).collect())
    }

    #[test]
    fn an_entry_lies_where_its_fingerprint_is_written() {
        let text = r#"{ "findings": [
            { "rule": "dead-end", "message": "é ff", "fingerprint": "ff" },
            { "fingerprint": "000000000000000000\u0066f", "rule": "é", "message": "ééééééééé" },
            { "rule": "dead-end", "message": "", "fingerprint": "ff" }
        ], "format_version": 1 }"#;
        let escaped = r"000000000000000000\u0066f";
        let expected = ["ff", escaped, "ff"].map(|written| (255, written.to_owned()));
        assert_eq!(read(text).unwrap(), expected);
    }

    #[test]
    fn what_is_no_baseline_is_told_in_the_words_of_the_form() {
        for (text, expected) in [
            (
                "[]",
                "invalid length 0, expected an object with `format_version` and `findings` at line 1 column 2",
            ),
            (
                r#"{"format_version": "1", "findings": {}}"#,
                "invalid type: string \"1\", expected a whole number at line 1 column 22",
            ),
            (
                r#"{"format_version": 1, "findings": {}}"#,
                "invalid type: object, expected a list at line 1 column 34",
            ),
            (
                r#"{"format_version": 1, "findings": [5]}"#,
                "invalid type: integer `5`, expected an object with `rule`, `fingerprint` and `message` at line 1 column 36",
            ),
            (
                r#"{"format_version": 1, "findings": [{"rule": "a", "fingerprint": "x", "message": ""}]}"#,
                "`x` is no fingerprint",
            ),
        ] {
            assert_eq!(
                read(text).unwrap_err(),
                format!("not a baseline: {expected}")
            );
        }
        let newer = r#"{"format_version": 2, "findings": []}"#;
        assert!(read(newer).unwrap_err().contains("has the format 2"));
    }
}

//! For test reports: `JUnit`'s XML, one suite a check, one case a finding.
//!
//! The form is the one that Jenkins, GitLab and GitHub's reporters read:
//! <https://github.com/testmoapp/junitxml>.

use std::io;

use quick_xml::{Writer, events::BytesText};

use super::{Summary, concise};
use crate::{
    diagnostic::{Diagnostic, Label},
    rule::Severity,
};

const NAME: &str = "slingshot topology check";

/// Renders findings as failed tests; a check without findings is one test that passed.
pub fn junit(diagnostics: &[Diagnostic]) -> String {
    let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
    write(&mut writer, diagnostics).expect("a vector takes every write");
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    out.push_str(&String::from_utf8_lossy(&writer.into_inner()));
    out.push('\n');
    out
}

fn write(writer: &mut Writer<Vec<u8>>, diagnostics: &[Diagnostic]) -> io::Result<()> {
    let Summary {
        errors, warnings, ..
    } = Summary::of(diagnostics);
    let tests = diagnostics.len().max(1).to_string();
    let failures = (errors + warnings).to_string();
    let counts = [("tests", &*tests), ("failures", &*failures)];
    let suites = writer.create_element("testsuites").with_attributes(counts);
    suites.write_inner_content(|writer| {
        let suite = writer.create_element("testsuite");
        let suite = suite.with_attribute(("name", NAME)).with_attributes(counts);
        suite.write_inner_content(|writer| {
            if diagnostics.is_empty() {
                let passed = writer.create_element("testcase");
                passed
                    .with_attributes([("classname", NAME), ("name", "no findings")])
                    .write_empty()?;
            }
            diagnostics
                .iter()
                .try_for_each(|diagnostic| case(writer, diagnostic))
        })?;
        Ok(())
    })?;
    Ok(())
}

fn case(writer: &mut Writer<Vec<u8>>, diagnostic: &Diagnostic) -> io::Result<()> {
    let position = diagnostic.span().map(ToString::to_string);
    let name = match &position {
        Some(position) => format!("{position}: {}", diagnostic.message),
        None => diagnostic.message.clone(),
    };
    let case = writer.create_element("testcase").with_attributes([
        ("classname", diagnostic.rule.name),
        ("name", &*clean(&name)),
    ]);
    if diagnostic.severity == Severity::Info {
        case.write_empty()?;
        return Ok(());
    }
    case.write_inner_content(|writer| {
        let severity = diagnostic.severity.to_string();
        let failure = writer.create_element("failure").with_attributes([
            ("type", &*severity),
            ("message", &*clean(&diagnostic.message)),
        ]);
        failure.write_text_content(BytesText::new(&clean(&text(diagnostic))))?;
        Ok(())
    })?;
    Ok(())
}

fn text(diagnostic: &Diagnostic) -> String {
    let mut text = concise(std::slice::from_ref(diagnostic));
    for label in &diagnostic.labels {
        text.push_str(&concise_label(label));
    }
    if let Some(help) = &diagnostic.help {
        text.push_str("help: ");
        text.push_str(help);
        text.push('\n');
    }
    text
}

fn concise_label(label: &Label) -> String {
    format!("{}: {}\n", label.span, label.text)
}

/// XML 1.0 has no place for most control characters, escaped or not.
pub(crate) fn clean(text: &str) -> String {
    text.chars()
        .map(|character| match character {
            '\t' | '\n' | '\r' => character,
            _ if character.is_control() || matches!(character, '\u{fffe}' | '\u{ffff}') => {
                char::REPLACEMENT_CHARACTER
            }
            _ => character,
        })
        .collect()
}

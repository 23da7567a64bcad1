//! Outcomes of tests, for people and for programs.

use std::fmt::Write as _;

use quick_xml::{Writer, events::BytesText};

use super::TestOutcome;
use crate::{
    diagnostic::{Diagnostic, Label},
    layout::Json,
    render,
    source::Position,
};

/// Grows when a field changes its meaning or goes.
const FORMAT_VERSION: u32 = 1;

const NAME: &str = "slingshot topology test";

/// A line for each test, then what does not hold, then the counts.
pub fn tests_text(outcomes: &[TestOutcome], color: bool) -> String {
    let mut out = String::new();
    for outcome in outcomes {
        let word = if outcome.passed() { "ok" } else { "FAILED" };
        let name = render::visible_in_line(&outcome.name);
        writeln!(out, "test {name} ... {word}").expect("a string takes everything");
    }
    for outcome in outcomes.iter().filter(|outcome| !outcome.passed()) {
        let shown = render::text(&outcome.failures, color);
        // The counts of findings are no counts of tests.
        let shown = shown
            .trim_end()
            .rsplit_once("\n\n")
            .map_or("", |(shown, _)| shown);
        let name = render::visible_in_line(&outcome.name);
        writeln!(out, "\n---- {name}\n\n{shown}").expect("a string takes everything");
    }
    let (passed, failed) = counts(outcomes);
    writeln!(out, "\n{passed} passed, {failed} failed").expect("a string takes everything");
    out
}

/// One document.
pub fn tests_json(outcomes: &[TestOutcome]) -> String {
    let (passed, failed) = counts(outcomes);
    let summary = [
        ("passed", Json::word(passed)),
        ("failed", Json::word(failed)),
    ];
    let document = Json::block([
        ("format_version", Json::word(FORMAT_VERSION)),
        ("summary", Json::table(summary)),
        ("tests", Json::Lines(outcomes.iter().map(test).collect())),
    ]);
    document.written()
}

fn test(outcome: &TestOutcome) -> Json {
    let Position { line, column } = outcome.at.start_position();
    let ended = if outcome.passed() { "passed" } else { "failed" };
    Json::block([
        ("name", Json::text(&outcome.name)),
        ("file", Json::text(&outcome.at.file.path)),
        ("line", Json::word(line)),
        ("column", Json::word(column)),
        ("outcome", Json::text(ended)),
        (
            "failures",
            Json::List(outcome.failures.iter().map(failure).collect()),
        ),
    ])
}

fn failure(failure: &Diagnostic) -> Json {
    Json::block([
        ("message", Json::text(&failure.message)),
        (
            "labels",
            Json::List(failure.labels.iter().map(label).collect()),
        ),
    ])
}

/// As in the report of a check.
fn label(label: &Label) -> Json {
    let (start, end) = (label.span.start_position(), label.span.end_position());
    Json::table([
        ("file", Json::text(&label.span.file.path)),
        ("line", Json::word(start.line)),
        ("column", Json::word(start.column)),
        ("end_line", Json::word(end.line)),
        ("end_column", Json::word(end.column)),
        ("text", Json::text(&label.text)),
        ("primary", Json::word(label.primary)),
    ])
}

/// `JUnit`'s XML: a case for each test.
pub fn tests_junit(outcomes: &[TestOutcome]) -> String {
    let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
    write(&mut writer, outcomes).expect("a vector takes every write");
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    out.push_str(&String::from_utf8_lossy(&writer.into_inner()));
    out.push('\n');
    out
}

fn write(writer: &mut Writer<Vec<u8>>, outcomes: &[TestOutcome]) -> std::io::Result<()> {
    let (tests, failures) = (outcomes.len().to_string(), counts(outcomes).1.to_string());
    let counts = [("tests", &*tests), ("failures", &*failures)];
    let suites = writer.create_element("testsuites").with_attributes(counts);
    suites.write_inner_content(|writer| {
        let suite = writer.create_element("testsuite");
        let suite = suite.with_attribute(("name", NAME)).with_attributes(counts);
        suite.write_inner_content(|writer| {
            outcomes
                .iter()
                .try_for_each(|outcome| case(writer, outcome))
        })?;
        Ok(())
    })?;
    Ok(())
}

fn case(writer: &mut Writer<Vec<u8>>, outcome: &TestOutcome) -> std::io::Result<()> {
    let name = render::clean(&outcome.name);
    let case = writer.create_element("testcase");
    let case = case.with_attributes([("classname", &*outcome.at.file.path), ("name", &*name)]);
    if outcome.passed() {
        case.write_empty()?;
        return Ok(());
    }
    case.write_inner_content(|writer| {
        outcome.failures.iter().try_for_each(|failure| {
            let message = render::clean(&failure.message);
            let element = writer.create_element("failure");
            let element = element.with_attribute(("message", &*message));
            let places = failure
                .labels
                .iter()
                .map(|label| format!("{}: {}\n", label.span, label.text));
            let text: String = places.collect();
            element.write_text_content(BytesText::new(&render::clean(&text)))?;
            Ok::<_, std::io::Error>(())
        })
    })?;
    Ok(())
}

fn counts(outcomes: &[TestOutcome]) -> (usize, usize) {
    let passed = outcomes.iter().filter(|outcome| outcome.passed()).count();
    (passed, outcomes.len() - passed)
}

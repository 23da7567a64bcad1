//! For programs: one JSON document, versioned. Minor additions keep the version.

use serde::Serialize;

use super::{Change, Class, Diff, Step};
use crate::source::Span;

/// Grows when a field changes its meaning or goes.
const FORMAT_VERSION: u32 = 1;

#[derive(Serialize)]
struct Document<'d> {
    format_version: u32,
    complete: bool,
    summary: Counts,
    changes: Vec<Entry<'d>>,
    steps: Vec<StepEntry<'d>>,
}

#[derive(Serialize)]
struct Counts {
    breaking: usize,
    caution: usize,
    safe: usize,
}

#[derive(Serialize)]
struct Entry<'d> {
    class: String,
    change: &'static str,
    subject: &'static str,
    service: Option<&'d str>,
    name: &'d str,
    message: &'d str,
    reason: &'static str,
    in_flight: Option<&'d str>,
    before: Option<Place<'d>>,
    after: Option<Place<'d>>,
}

#[derive(Serialize)]
struct Place<'d> {
    file: &'d str,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
}

#[derive(Serialize)]
struct StepEntry<'d> {
    number: usize,
    action: &'static str,
    subjects: Vec<&'d str>,
    notes: &'d [String],
    circle: bool,
    text: String,
}

impl Diff {
    /// The changes and the steps in their order. Lines and columns count from 1.
    pub fn json(&self) -> String {
        let document = Document {
            format_version: FORMAT_VERSION,
            complete: self.is_complete,
            summary: Counts {
                breaking: self.count(Class::Breaking),
                caution: self.count(Class::Caution),
                safe: self.count(Class::Safe),
            },
            changes: self.changes.iter().map(entry).collect(),
            steps: self.steps.iter().zip(1..).map(step).collect(),
        };
        let mut out =
            serde_json::to_string_pretty(&document).expect("strings and numbers serialize");
        out.push('\n');
        out
    }
}

fn entry(change: &Change) -> Entry<'_> {
    Entry {
        class: change.class.to_string(),
        change: change.kind.as_str(),
        subject: change.subject.as_str(),
        service: change.service.as_deref(),
        name: &change.name,
        message: &change.message,
        reason: change.reason,
        in_flight: change.in_flight.as_deref(),
        before: change.before.as_ref().map(place),
        after: change.after.as_ref().map(place),
    }
}

fn place(span: &Span) -> Place<'_> {
    let (start, end) = (span.start_position(), span.end_position());
    Place {
        file: &span.file.path,
        line: start.line,
        column: start.column,
        end_line: end.line,
        end_column: end.column,
    }
}

fn step((step, number): (&Step, usize)) -> StepEntry<'_> {
    StepEntry {
        number,
        action: step.action.as_str(),
        subjects: step.subjects.iter().map(|named| &*named.name).collect(),
        notes: &step.notes,
        circle: step.is_circle,
        text: step.to_string(),
    }
}

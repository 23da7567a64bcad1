//! The part of a text that a finding is shown with: whole lines, unless a line is long. A sys-map may be one line of
//! any length, and what is drawn costs as much as it holds.

use std::{ops::Range, sync::Arc};

use super::visible;
use crate::{
    diagnostic::Label,
    source::{SourceFile, Span},
};

/// How many bytes may lie between two labels of one excerpt. An excerpt's cost grows with its text,
/// and what lies between is left out anyway.
const WIDEST_GAP: usize = 4096;
/// The same for two labels of one line, where nothing is left out.
const WIDEST_GAP_IN_LINE: usize = 200;
/// A line that goes on for longer than this beside a label is cut.
const LONGEST: usize = 400;
/// What is left of it there.
const MARGIN: usize = 100;
/// What stands for the rest.
const CUT: &str = "…";
/// Between a path and the number of characters that are cut from the line behind it. Of no script.
const MARK: char = '\u{f8ff}';

/// Labels by file and neighbourhood, in the order in which these are first met.
pub(super) fn by_excerpt(labels: &[Label]) -> Vec<(&Arc<SourceFile>, Vec<&Label>)> {
    let mut excerpts: Vec<(&Arc<SourceFile>, Vec<&Label>)> = Vec::new();
    for label in labels {
        let file = &label.span.file;
        let home = excerpts.iter_mut().find(|(known, of_excerpt)| {
            let mut near = of_excerpt.iter();
            Arc::ptr_eq(known, file) && near.any(|other| are_near(&other.span, &label.span))
        });
        match home {
            Some((_, of_excerpt)) => of_excerpt.push(label),
            None => excerpts.push((file, vec![label])),
        }
    }
    excerpts
}

fn are_near(one: &Span, other: &Span) -> bool {
    let (start, end) = (one.start.min(other.start), one.start.max(other.start));
    let between = one.file.text.get(start..end).unwrap_or_default();
    end - start <= WIDEST_GAP_IN_LINE || (end - start <= WIDEST_GAP && between.contains('\n'))
}

/// Lines of a file, long ones cut, with every secret in them blanked out.
pub(super) struct Excerpt {
    pub(super) text: String,
    /// The file's path, and what [`with_columns`] has to know.
    pub(super) path: String,
    pub(super) first_line: usize,
    window: Range<usize>,
    /// Bytes that stand before the window's.
    before: usize,
}

impl Excerpt {
    /// From the first label's line to the last one's.
    pub(super) fn around(file: &SourceFile, labels: &[&Label], secrets: &[&Span]) -> Self {
        let start = labels.iter().map(|label| label.span.start).min();
        let start = start.unwrap_or_default();
        let end = labels.iter().map(|label| shown_end(&label.span)).max();
        let (first_line, lines) = file.lines_around(start..end.unwrap_or(start));
        let window = cut(file, &lines, start..end.unwrap_or(start));
        let is_cut = (window.start > lines.start, window.end < lines.end);
        let mut text = blanked(file, &window, secrets);
        let mut path = visible(&file.path).into_owned();
        if is_cut.0 {
            text.insert_str(0, CUT);
            let missing = file.text.get(lines.start..window.start).unwrap_or_default();
            let missing = missing.chars().count() - CUT.chars().count();
            path.extend([
                MARK.to_string(),
                format!("{first_line}.{missing}"),
                MARK.into(),
            ]);
        }
        if is_cut.1 {
            text.push_str(CUT);
        }
        Self {
            text,
            path,
            first_line,
            window,
            before: if is_cut.0 { CUT.len() } else { 0 },
        }
    }

    /// Where a place is in the text.
    pub(super) fn range(&self, span: &Span) -> Range<usize> {
        let end = span.end.min(self.window.end);
        let within = |at: usize| at - self.window.start + self.before;
        within(span.start)..within(end.max(span.start))
    }
}

/// Of a place that is long and in one line, the beginning is shown.
fn shown_end(span: &Span) -> usize {
    if span.end - span.start <= LONGEST || span.text().contains('\n') {
        return span.end;
    }
    span.file.text.floor_char_boundary(span.start + LONGEST)
}

/// The lines without what is far from the labels.
fn cut(file: &SourceFile, lines: &Range<usize>, labels: Range<usize>) -> Range<usize> {
    let text = &file.text;
    let mut window = lines.clone();
    if labels.start - lines.start > LONGEST {
        window.start = text.floor_char_boundary(labels.start - MARGIN);
    }
    if lines.end - labels.end > LONGEST {
        window.end = text.ceil_char_boundary(labels.end + MARGIN);
    }
    window
}

/// The text of a window with every secret in it blanked out, byte for byte.
fn blanked(file: &SourceFile, window: &Range<usize>, secrets: &[&Span]) -> String {
    let mut out = file.text.get(window.clone()).unwrap_or_default().to_owned();
    for secret in secrets
        .iter()
        .filter(|secret| secret.file.path == file.path)
    {
        let range = secret.start.max(window.start)..secret.end.min(window.end);
        if !range.is_empty() {
            let stars = "*".repeat(range.len());
            out.replace_range(range.start - window.start..range.end - window.start, &stars);
        }
    }
    out
}

/// The drawn text with the columns of the file, where a line was cut before them.
pub(super) fn with_columns(drawn: String) -> String {
    if !drawn.contains(MARK) {
        return drawn;
    }
    let lines = drawn.split_inclusive('\n');
    lines
        .map(|line| corrected(line).unwrap_or_else(|| line.to_owned()))
        .collect()
}

/// `path<mark>line.missing<mark>:line:column`, told as `path:line:column`.
fn corrected(line: &str) -> Option<String> {
    let (path, rest) = line.split_once(MARK)?;
    let (cut, place) = rest.split_once(MARK)?;
    let (cut_line, missing) = cut.split_once('.')?;
    let (number, column) = place.strip_prefix(':')?.split_once(':')?;
    let digits = column.find(|c: char| !c.is_ascii_digit());
    let (column, end) = column.split_at(digits.unwrap_or(column.len()));
    let missing: usize = if number == cut_line {
        missing.parse().ok()?
    } else {
        0
    };
    let column = column.parse::<usize>().ok()? + missing;
    Some(format!("{path}:{number}:{column}{end}"))
}

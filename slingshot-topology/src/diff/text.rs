//! For people.

use std::fmt::Write as _;

use super::{Change, Class, Diff};
use crate::render::visible_in_line;

const RED: &str = "\x1b[1;31m";
const YELLOW: &str = "\x1b[1;33m";
const GREEN: &str = "\x1b[1;32m";
const RESET: &str = "\x1b[0m";

/// Wide enough for the longest word for a class.
const MARGIN: usize = 9;

impl Diff {
    /// What changes, the order in which to deploy it, and a line that sums up.
    pub fn text(&self, color: bool) -> String {
        let mut out = String::new();
        for change in &self.changes {
            let [on, off] = colors(change.class, color);
            let class = change.class.to_string();
            line(
                &mut out,
                &format!("{on}{class:<MARGIN$}{off}"),
                &change.message,
            );
            let indent = " ".repeat(MARGIN);
            if let Some(place) = places(change) {
                line(&mut out, &indent, &place);
            }
            if change.class > Class::Safe {
                line(&mut out, &indent, &format!("why: {}", change.reason));
            }
            if let Some(advice) = &change.in_flight {
                line(&mut out, &indent, &format!("in flight: {advice}"));
            }
        }
        if !self.steps.is_empty() {
            out.push_str("\nin this order:\n");
        }
        for (step, number) in self.steps.iter().zip(1..) {
            line(&mut out, &format!("{number:>3}."), &step.to_string());
        }
        if !self.changes.is_empty() {
            out.push('\n');
        }
        line(&mut out, "", &self.summary());
        out
    }
}

fn line(out: &mut String, margin: &str, text: &str) {
    let space = if margin.is_empty() { "" } else { " " };
    let text = visible_in_line(text);
    writeln!(out, "{margin}{space}{text}").expect("a string takes all that is written to it");
}

fn colors(class: Class, color: bool) -> [&'static str; 2] {
    match class {
        _ if !color => ["", ""],
        Class::Breaking => [RED, RESET],
        Class::Caution => [YELLOW, RESET],
        Class::Safe => [GREEN, RESET],
    }
}

/// `slingshot.toml:3:1, was main:slingshot.toml:4:1`.
fn places(change: &Change) -> Option<String> {
    match (&change.after, &change.before) {
        (Some(after), Some(before)) => Some(format!("{after}, was {before}")),
        (Some(after), None) => Some(after.to_string()),
        (None, Some(before)) => Some(format!("was {before}")),
        (None, None) => None,
    }
}

//! For a comment on a pull request.

use std::fmt::Write as _;

use super::{Change, Class, Diff};
use crate::render::{visible, visible_in_line};

impl Diff {
    /// A heading, the changes that need somebody, those that do not behind a fold, and the order.
    pub fn markdown(&self) -> String {
        let mut out = String::from("## Changes to the topology\n\n");
        let mut push = |text: &str| {
            writeln!(out, "{}", visible(text)).expect("a string takes all that is written to it");
        };
        push(&format!("{}.\n", capital(&self.summary())));
        for class in [Class::Breaking, Class::Caution] {
            let changes: Vec<_> = self.of_class(class).collect();
            if !changes.is_empty() {
                push(&format!("### {}\n", capital(&class.to_string())));
            }
            for change in &changes {
                push(&visible_in_line(&item(change)));
            }
            if !changes.is_empty() {
                push("");
            }
        }
        if !self.steps.is_empty() {
            push("### In this order\n");
            for (step, number) in self.steps.iter().zip(1..) {
                push(&visible_in_line(&format!("{number}. {step}")));
            }
            push("");
        }
        let safe: Vec<_> = self.of_class(Class::Safe).collect();
        if !safe.is_empty() {
            push(&format!(
                "<details><summary>{} safe</summary>\n",
                safe.len()
            ));
            for change in safe {
                push(&visible_in_line(&format!("- {}", change.message)));
            }
            push("\n</details>");
        }
        out.truncate(out.trim_end().len());
        out.push('\n');
        out
    }

    fn of_class(&self, class: Class) -> impl Iterator<Item = &Change> {
        let changes = self.changes.iter();
        changes.filter(move |change| change.class == class)
    }
}

fn item(change: &Change) -> String {
    let mut text = format!("- **{}**: {}.", change.message, change.reason);
    if let Some(advice) = &change.in_flight {
        write!(text, "<br>In flight: {advice}.").expect("a string takes all that is written to it");
    }
    text
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}

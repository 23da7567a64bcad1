//! Drawn with characters, for a terminal: ranks from left to right, a box for each service with a line for
//! each of its cases, and arrows between them.
//!
//! ```text
//!              ┌─ sniff ─┐       ┌─ words ──┐
//! ( scans )───▶│ text    ├──────▶│ counted  ├──▶( archive )
//!              │ other ● │       └──────────┘
//!              └─────────┘
//! ```
//!
//! All arrows to one box are one line, joined where they meet; where two lines cross, the upright one goes
//! over the other. What would be too wide, or has too many boxes to be looked at, is listed instead.

mod arrange;
mod boxes;
mod canvas;
mod cell;
mod channel;
mod columns;
mod outline;

use self::{arrange::Arrangement, boxes::Boxes};
use super::picture::Picture;

/// More boxes than this are not drawn: nobody finds anything among them, and a terminal shows 50 lines.
const MOST_BOXES: usize = 150;

/// Whether a picture could be drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// It is drawn.
    Drawn,
    /// It is listed: the drawing would take so many columns.
    TooWide(usize),
    /// It is listed: it has so many boxes.
    TooMany(usize),
}

/// Draws a picture with characters, in at most `width` columns.
pub fn ascii(picture: &Picture<'_>, width: usize) -> (String, Fit) {
    let boxes = Boxes::of(picture);
    let count = boxes.all.len();
    if count > MOST_BOXES {
        return (outline::outline(picture), Fit::TooMany(count));
    }
    let drawn = canvas::draw(&boxes, &Arrangement::of(&boxes));
    if drawn.width > width {
        return (outline::outline(picture), Fit::TooWide(drawn.width));
    }
    (drawn.text + &boxes.legend(), Fit::Drawn)
}

#[cfg(test)]
mod tests;

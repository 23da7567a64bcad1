//! Lines and their heads.

use std::fmt::{self, Write as _};

use super::super::flow::Flow;

/// So small a step would look like a slip of the pen.
const SLIP: i64 = 3;

/// A line that is drawn along and across the flow.
pub(super) struct Line {
    flow: Flow,
    at: (i64, i64),
    path: String,
}

impl Line {
    pub(super) fn from(flow: Flow, at: (i64, i64)) -> Self {
        let (x, y) = flow.turn(at);
        Self {
            flow,
            at,
            path: format!("M{x},{y}"),
        }
    }

    /// On to a place, straight.
    pub(super) fn straight(&mut self, to: (i64, i64)) {
        if to != self.at {
            self.write('L', &[to]);
        }
    }

    /// On to a place, leaving and arriving with the flow.
    pub(super) fn curve(&mut self, to: (i64, i64)) {
        if (self.at.1 - to.1).abs() <= SLIP {
            return self.straight(to);
        }
        let turn = i64::midpoint(self.at.0, to.0);
        self.write('C', &[(turn, self.at.1), (turn, to.1), to]);
    }

    /// Round a corner.
    pub(super) fn corner(&mut self, corner: (i64, i64), to: (i64, i64)) {
        self.write('Q', &[corner, to]);
    }

    /// As the attribute says it.
    pub(super) fn path(self) -> String {
        self.path
    }

    fn write(&mut self, command: char, points: &[(i64, i64)]) {
        let points = points.iter().inspect(|point| self.at = **point);
        let points: Vec<_> = points
            .map(|&point| self.flow.turn(point))
            .map(|(x, y)| format!("{x},{y}"))
            .collect();
        write!(self.path, " {command}{}", points.join(" ")).expect("a string takes every write");
    }
}

/// An arrow's head, from its base to its tip.
pub(super) fn head(
    (tip_x, tip_y): (i64, i64),
    (x, y): (i64, i64),
    class: &str,
    out: &mut String,
) -> fmt::Result {
    let (across_x, across_y) = ((y - tip_y) / 2, (x - tip_x) / 2);
    writeln!(
        out,
        "<path class=\"{class}\" d=\"M{tip_x},{tip_y} L{},{} L{},{} Z\"/>",
        x + across_x,
        y + across_y,
        x - across_x,
        y - across_y,
    )
}

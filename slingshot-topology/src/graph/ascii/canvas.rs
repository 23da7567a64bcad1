//! From places to characters.

use unicode_width::UnicodeWidthChar as _;

use super::{
    arrange::Arrangement,
    boxes::{Boxes, Content, Frame},
    cell::{Cell, DOWN, LEFT, RIGHT, UP},
    channel::{Routes, route},
    columns::{Columns, channels},
};

/// A drawing and how many columns it takes.
#[derive(Debug)]
pub(super) struct Drawing {
    pub(super) text: String,
    pub(super) width: usize,
}

/// Draws boxes and the lines between them.
pub(super) fn draw(boxes: &Boxes<'_>, arrangement: &Arrangement) -> Drawing {
    let routes: Vec<Routes> = channels(boxes, arrangement)
        .into_iter()
        .map(|nets| route(nets.into_values().collect(), arrangement.height))
        .collect();
    let columns = Columns::of(boxes, arrangement, &routes);
    let mut canvas = Canvas::default();
    for (item, content) in arrangement.items.iter().zip(&boxes.all) {
        let (left, width) = columns.ranks[item.rank];
        canvas.place(content, (left, item.top), width);
    }
    for (index, content) in boxes.all.iter().enumerate() {
        canvas.ports(index, content, arrangement, &columns);
    }
    for item in &arrangement.items {
        if let Some(to) = item.lane_to {
            let (left, width) = columns.ranks[item.rank];
            canvas.level(to, item.top, (left, left + width));
        }
    }
    for lane in &arrangement.lanes_back {
        for rank in lane.ranks.0..=lane.ranks.1 {
            let (left, width) = columns.ranks[rank];
            canvas.level(lane.to, lane.row, (left, left + width));
            canvas.character((left + width / 2, lane.row), '◀');
        }
    }
    for (routes, &channel) in routes.iter().zip(&columns.channels) {
        canvas.channel(routes, channel);
    }
    for (item, content) in arrangement.items.iter().zip(&boxes.all) {
        canvas.heads(item.rank, item.top + content.arrival(), &columns);
    }
    canvas.finish()
}

#[derive(Debug, Default)]
struct Canvas {
    rows: Vec<Vec<Cell>>,
}

impl Canvas {
    fn cell(&mut self, (column, row): (usize, usize)) -> &mut Cell {
        if self.rows.len() <= row {
            self.rows.resize_with(row + 1, Vec::new);
        }
        let row = &mut self.rows[row];
        if row.len() <= column {
            row.resize_with(column + 1, Cell::default);
        }
        &mut row[column]
    }

    fn character(&mut self, at: (usize, usize), character: char) {
        self.cell(at).character = Some(character);
    }

    fn text(&mut self, (mut column, row): (usize, usize), text: &str) {
        for character in text.chars() {
            self.character((column, row), character);
            for covered in 1..character.width().unwrap_or(1) {
                self.cell((column + covered, row)).is_covered = true;
            }
            column += character.width().unwrap_or(1);
        }
    }

    /// A box with its text, as wide as its rank.
    fn place(&mut self, content: &Content, (left, top): (usize, usize), width: usize) {
        let ports = content.ports.len();
        let (corners, across, down) = match content.frame {
            Frame::Plain => ("┌┐└┘", '─', '│'),
            Frame::Double => ("╔╗╚╝", '═', '║'),
            Frame::Heavy => ("┏┓┗┛", '━', '┃'),
            Frame::Sides(left_side, right_side) => {
                let right = left + content.width() - 1;
                for row in top..top + content.height() {
                    self.character((left, row), left_side);
                    self.character((right, row), right_side);
                }
                for row in top..top + ports {
                    for column in right + 1..left + width {
                        self.character((column, row), '─');
                    }
                }
                for (row, text) in content.head.iter().enumerate() {
                    self.text((left + 2, top + row), text);
                }
                return;
            }
        };
        let bottom = top + content.height() - 1;
        let ends = [
            (left, top),
            (left + width - 1, top),
            (left, bottom),
            (left + width - 1, bottom),
        ];
        for (at, corner) in ends.into_iter().zip(corners.chars()) {
            self.character(at, corner);
        }
        for column in left + 1..left + width - 1 {
            self.character((column, top), across);
            self.character((column, bottom), across);
        }
        for row in top + 1..bottom {
            self.character((left, row), down);
            self.character((left + width - 1, row), down);
        }
        for (row, text) in content.head.iter().enumerate() {
            self.text((left + 2, top + 1 + row), text);
        }
        for (row, text) in content.ends.iter().enumerate() {
            self.text((left + 2, top + content.first_port() + ports + row), text);
        }
    }

    /// The cases that lead on, in the order of their lines.
    fn ports(
        &mut self,
        index: usize,
        content: &Content,
        arrangement: &Arrangement,
        columns: &Columns,
    ) {
        let item = &arrangement.items[index];
        let (left, width) = columns.ranks[item.rank];
        for (place, arrow) in arrangement.ports[index].iter().enumerate() {
            let row = item.top + content.first_port() + place;
            let words = content.ports.iter().find(|(known, _)| known == arrow);
            let joint = match content.frame {
                Frame::Plain => '├',
                Frame::Double => '╟',
                Frame::Heavy => '┠',
                // Its only line is the one with its name.
                Frame::Sides(..) => continue,
            };
            self.text((left + 2, row), words.map_or("", |(_, words)| words));
            self.character((left + width - 1, row), joint);
        }
    }

    /// A line across columns that goes on at both ends.
    fn level(&mut self, net: usize, row: usize, (from, until): (usize, usize)) {
        for column in from..until {
            self.cell((column, row)).level = Some((net, LEFT | RIGHT));
        }
    }

    /// A line from one column to another, both of which it touches.
    fn stretch(&mut self, net: usize, row: usize, (from, to): (usize, usize)) {
        self.join((from, row), net, RIGHT);
        self.join((to, row), net, LEFT);
        self.level(net, row, (from + 1, to));
    }

    fn join(&mut self, at: (usize, usize), net: usize, sides: u8) {
        let cell = self.cell(at);
        let line = if sides & (UP | DOWN) == 0 {
            &mut cell.level
        } else {
            &mut cell.upright
        };
        let known = line
            .filter(|(known, _)| *known == net)
            .map_or(0, |(_, sides)| sides);
        *line = Some((net, known | sides));
    }

    fn channel(&mut self, routes: &Routes, (left, width): (usize, usize)) {
        for &(net, row) in &routes.straight {
            self.level(net, row, (left, left + width));
        }
        for turn in &routes.turns {
            let column = left + 1 + 2 * turn.track;
            let mut rows: Vec<usize> = turn.left.iter().chain(&turn.right).copied().collect();
            for &row in &turn.left {
                self.level(turn.to, row, (left, column));
                self.join((column, row), turn.to, LEFT);
            }
            for &row in &turn.right {
                self.level(turn.to, row, (column + 1, left + width));
                self.join((column, row), turn.to, RIGHT);
            }
            if let Some((second, row)) = turn.on {
                self.stretch(turn.to, row, (column, left + 1 + 2 * second));
                rows.push(row);
            }
            self.upright(turn.to, column, &rows);
        }
        // The second half of a net that was cut is joined at the row that leads to it.
        for turn in routes
            .turns
            .iter()
            .filter_map(|turn| turn.on.map(|on| (turn.to, on)))
        {
            let (to, (second, row)) = turn;
            let half = routes
                .turns
                .iter()
                .find(|turn| turn.to == to && turn.track == second);
            let column = left + 1 + 2 * second;
            if let Some(half) = half {
                let mut rows = half.right.clone();
                rows.push(row);
                self.upright(to, column, &rows);
            }
        }
    }

    /// A line up and down, from the first of the rows to the last.
    fn upright(&mut self, net: usize, column: usize, rows: &[usize]) {
        let (Some(&first), Some(&last)) = (rows.iter().min(), rows.iter().max()) else {
            return;
        };
        for row in first..last {
            self.join((column, row), net, DOWN);
            self.join((column, row + 1), net, UP);
        }
    }

    /// The head of the arrow that arrives in a row.
    fn heads(&mut self, rank: usize, row: usize, columns: &Columns) {
        let (left, _) = columns.ranks[rank];
        if left > 0 && self.cell((left - 1, row)).level.is_some() {
            self.character((left - 1, row), '▶');
        }
    }

    fn finish(self) -> Drawing {
        let lines: Vec<String> = self
            .rows
            .iter()
            .map(|row| {
                let cells = row.iter().filter(|cell| !cell.is_covered);
                let line: String = cells.map(Cell::shown).collect();
                line.trim_end().to_owned()
            })
            .collect();
        let width = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        Drawing {
            text: lines.join("\n") + if lines.is_empty() { "" } else { "\n" },
            width,
        }
    }
}

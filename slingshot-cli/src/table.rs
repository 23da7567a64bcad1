//! Rows under one another.

use std::borrow::Cow;

use slingshot_topology::render::visible;

/// Lines of cells, each column as wide as its widest cell. Numbers stand to the right.
pub(crate) fn table<R: AsRef<[String]>>(rows: &[R], right_aligned: &[bool]) -> String {
    let rows: Vec<Vec<_>> = rows
        .iter()
        .map(|row| row.as_ref().iter().map(|cell| visible(cell)).collect())
        .collect();
    let mut widths = vec![0; right_aligned.len()];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let line = |row: &Vec<Cow<'_, str>>| {
        let cells = row.iter().zip(&widths).zip(right_aligned);
        let cells: Vec<_> = cells
            .map(|((cell, width), right)| {
                if *right {
                    format!("{cell:>width$}")
                } else {
                    format!("{cell:width$}")
                }
            })
            .collect();
        format!("{}\n", cells.join("  ").trim_end())
    };
    rows.iter().map(line).collect()
}

//! Rows under one another.

use std::borrow::Cow;

use slingshot_topology::render::{columns, visible_in_line};

/// Lines of cells, each column as wide as its widest cell. Numbers stand to the right.
pub(crate) fn table<R: AsRef<[String]>>(rows: &[R], right_aligned: &[bool]) -> String {
    let rows: Vec<Vec<_>> = rows
        .iter()
        .map(|row| {
            row.as_ref()
                .iter()
                .map(|cell| visible_in_line(cell))
                .collect()
        })
        .collect();
    let mut widths = vec![0; right_aligned.len()];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(columns(cell));
        }
    }
    let line = |row: &Vec<Cow<'_, str>>| {
        let cells = row.iter().zip(&widths).zip(right_aligned);
        let cells: Vec<_> = cells
            .map(|((cell, width), right)| {
                let space = " ".repeat(width - columns(cell));
                if *right {
                    format!("{space}{cell}")
                } else {
                    format!("{cell}{space}")
                }
            })
            .collect();
        format!("{}\n", cells.join("  ").trim_end())
    };
    rows.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::table;

    #[test]
    fn columns_are_those_of_a_terminal() {
        let rows = [["文書", "1"], ["a\nb", "文"], ["words", "12"]];
        let rows = rows.map(|row| row.map(str::to_owned));
        insta::assert_snapshot!(table(&rows, &[false, true]), @r"
        文書    1
        a␊b    文
        words  12
        ");
    }
}

//! Rows under one another.

/// Lines of cells, each column as wide as its widest cell. Numbers stand to the right.
pub(crate) fn table<R: AsRef<[String]>>(rows: &[R], right_aligned: &[bool]) -> String {
    let mut widths = vec![0; right_aligned.len()];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row.as_ref()) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let line = |row: &R| {
        let cells = row.as_ref().iter().zip(&widths).zip(right_aligned);
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

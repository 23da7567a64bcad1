//! What goes round in a loop: as many equations as it has services and queues.

/// Up to how many services and queues a loop is solved as a system of equations, which costs the cube of it.
const MOST_EQUATIONS: usize = 48;

/// How many sums are made at most in all rounds of one loop.
const MOST_SUMS: usize = 20_000_000;

/// Below this part of itself, a rate's change is none.
const STILL: f64 = 1e-9;

/// What a node gets without those of its own loop, and from which of them how much.
pub(crate) struct Equation {
    pub(crate) node: usize,
    pub(crate) outside: f64,
    pub(crate) from: Vec<(usize, f64)>,
}

/// The rates of the nodes of one loop, or of one node; none when they grow without end.
pub(crate) fn solve(equations: &[Equation]) -> Option<Vec<f64>> {
    if equations
        .iter()
        .any(|equation| equation.outside.is_infinite())
    {
        return None;
    }
    if equations.iter().all(|equation| equation.outside == 0.0) {
        return Some(vec![0.0; equations.len()]);
    }
    if equations.len() <= MOST_EQUATIONS {
        eliminate(equations)
    } else {
        go_round(equations)
    }
}

/// Gauss's elimination with partial pivoting. Where a loop gives more than it gets there is no solution without a
/// negative rate.
fn eliminate(equations: &[Equation]) -> Option<Vec<f64>> {
    let size = equations.len();
    let mut rows: Vec<Vec<f64>> = Vec::with_capacity(size);
    for (place, equation) in equations.iter().enumerate() {
        let mut row = vec![0.0; size + 1];
        row[place] = 1.0;
        for &(from, factor) in &equation.from {
            row[from] -= factor;
        }
        row[size] = equation.outside;
        rows.push(row);
    }
    for column in 0..size {
        let pivot = (column..size).max_by(|&one, &other| {
            rows[one][column]
                .abs()
                .total_cmp(&rows[other][column].abs())
        })?;
        rows.swap(column, pivot);
        let (done, below) = rows.split_at_mut(column + 1);
        let row = &done[column];
        if row[column].abs() < STILL {
            return None;
        }
        for other in below {
            let factor = other[column] / row[column];
            if factor != 0.0 {
                for (value, of_row) in other.iter_mut().zip(row).skip(column) {
                    *value -= factor * of_row;
                }
            }
        }
    }
    let mut solved = vec![0.0; size];
    for column in (0..size).rev() {
        let row = &rows[column];
        let known: f64 = (column + 1..size)
            .map(|next| row[next] * solved[next])
            .sum();
        solved[column] = (row[size] - known) / row[column];
    }
    let is_rate = |rate: &f64| rate.is_finite() && *rate >= -STILL;
    solved.iter().all(is_rate).then_some(solved)
}

/// Gauss and Seidel's iteration.
fn go_round(equations: &[Equation]) -> Option<Vec<f64>> {
    let sums: usize = equations
        .iter()
        .map(|equation| equation.from.len() + 1)
        .sum();
    let mut rates = vec![0.0; equations.len()];
    for _ in 0..(MOST_SUMS / sums).max(1) {
        let mut moved = false;
        for (place, equation) in equations.iter().enumerate() {
            let terms = equation.from.iter();
            let inside: f64 = terms.map(|&(from, factor)| rates[from] * factor).sum();
            let rate = equation.outside + inside;
            if !rate.is_finite() {
                return None;
            }
            moved |= (rate - rates[place]).abs() > STILL * rate.abs();
            rates[place] = rate;
        }
        if !moved {
            return Some(rates);
        }
    }
    None
}

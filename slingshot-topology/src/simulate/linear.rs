//! Systems of linear equations, dense and small: one for each loop of a network.

/// A loop of more services than this is not solved: elimination takes the cube of it, half a second here.
pub(super) const LARGEST: usize = 1000;

/// Solves `matrix · x = right` by Gauss' elimination with partial pivoting. `None` if there is no single
/// solution.
///
/// Golub and Van Loan, "Matrix Computations" (2013), algorithm 3.4.1.
pub(super) fn solve(mut matrix: Vec<Vec<f64>>, mut right: Vec<f64>) -> Option<Vec<f64>> {
    const SINGULAR: f64 = 1e-12;
    let size = right.len();
    for column in 0..size {
        let largest = |row: &usize, other: &usize| {
            let (row, other) = (matrix[*row][column].abs(), matrix[*other][column].abs());
            row.total_cmp(&other)
        };
        let pivot = (column..size).max_by(largest)?;
        if matrix[pivot][column].abs() < SINGULAR {
            return None;
        }
        matrix.swap(column, pivot);
        right.swap(column, pivot);
        let (done, rest) = matrix.split_at_mut(column + 1);
        let pivot_row = &done[column];
        for (offset, row) in rest.iter_mut().enumerate() {
            let factor = row[column] / pivot_row[column];
            if factor != 0.0 {
                for (value, pivot) in row[column..].iter_mut().zip(&pivot_row[column..]) {
                    *value -= factor * pivot;
                }
                right[column + 1 + offset] -= factor * right[column];
            }
        }
    }
    for row in (0..size).rev() {
        let known: f64 = (row + 1..size).map(|at| matrix[row][at] * right[at]).sum();
        right[row] = (right[row] - known) / matrix[row][row];
    }
    Some(right)
}

/// The factor by which one round multiplies what goes round: the largest eigenvalue of a matrix without
/// negative entries. Power iteration on `matrix + 1`, whose eigenvalues of one size are one, until the bounds
/// of Collatz and Wielandt meet.
///
/// Wielandt, "Unzerlegbare, nicht negative Matrizen" (1950).
pub(super) fn spectral_radius(matrix: &[Vec<f64>]) -> f64 {
    const ROUNDS: usize = 10_000;
    const EXACT: f64 = 1e-10;
    let mut vector = vec![1.0; matrix.len()];
    let mut radius = 0.0;
    for _ in 0..ROUNDS {
        let next: Vec<f64> = matrix
            .iter()
            .zip(&vector)
            .map(|(row, own)| own + row.iter().zip(&vector).map(|(a, b)| a * b).sum::<f64>())
            .collect();
        let ratios = || next.iter().zip(&vector).map(|(next, own)| next / own);
        let (low, high) = (
            ratios().fold(f64::INFINITY, f64::min),
            ratios().fold(0.0, f64::max),
        );
        radius = f64::midpoint(low, high) - 1.0;
        if high - low < EXACT * high {
            break;
        }
        let largest = next.iter().copied().fold(0.0, f64::max);
        vector = next.into_iter().map(|value| value / largest).collect();
    }
    radius
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equations_are_solved_and_contradictions_are_not() {
        let matrix = vec![vec![0.0, 2.0], vec![4.0, 1.0]];
        let solution = solve(matrix, vec![6.0, 11.0]).unwrap();
        assert!((solution[0] - 2.0).abs() < 1e-12 && (solution[1] - 3.0).abs() < 1e-12);
        assert_eq!(
            solve(vec![vec![1.0, 1.0], vec![1.0, 1.0]], vec![1.0, 2.0]),
            None
        );
        assert_eq!(solve(Vec::new(), Vec::new()), Some(Vec::new()));
    }

    #[test]
    fn a_round_multiplies_by_the_largest_eigenvalue() {
        let check = |matrix: &[Vec<f64>], expected: f64| {
            let radius = spectral_radius(matrix);
            assert!((radius - expected).abs() < 1e-6, "{radius}");
        };
        check(&[vec![0.5]], 0.5);
        // Two halves of one loop: the square root of what comes back.
        check(&[vec![0.0, 0.5], vec![0.5, 0.0]], 0.5);
        check(&[vec![0.0, 4.0], vec![1.0, 0.0]], 2.0);
        check(
            &[
                vec![0.0, 1.0, 0.0],
                vec![0.0, 0.0, 1.0],
                vec![1.0, 0.0, 0.0],
            ],
            1.0,
        );
    }
}

//! Things in line, each as near to where it wants to be as the others allow.

/// What one thing in a line wants.
#[derive(Clone, Copy, Debug)]
pub(in crate::graph) struct Wish {
    /// How much of the line it takes.
    pub(in crate::graph) room: i64,
    /// Where its middle is to be.
    pub(in crate::graph) middle: i64,
    /// How much its wish counts, at least 1.
    pub(in crate::graph) weight: i64,
}

/// The middles that lie nearest to the wishes, in the order given and far enough apart: the least-squares
/// solution, by pooling adjacent violators.
///
/// Ayer and others, "An Empirical Distribution Function for Sampling with Incomplete Information" (1955).
pub(in crate::graph) fn settle(wishes: &[Wish]) -> Vec<i64> {
    // Subtracting what lies before each thing turns "far enough apart" into "in ascending order".
    let mut before = 0;
    let mut offsets = Vec::with_capacity(wishes.len());
    let mut pools: Vec<(i64, i64, usize)> = Vec::new();
    for wish in wishes {
        let offset = before + wish.room / 2;
        offsets.push(offset);
        let mut pool = ((wish.middle - offset) * wish.weight, wish.weight, 1);
        while let Some(&(sum, weights, count)) = pools.last()
            && sum * pool.1 >= pool.0 * weights
        {
            pool = (sum + pool.0, weights + pool.1, count + pool.2);
            pools.pop();
        }
        pools.push(pool);
        before += wish.room;
    }
    let pooled = pools
        .iter()
        .flat_map(|&(sum, weights, count)| std::iter::repeat_n(sum.div_euclid(weights), count));
    pooled
        .zip(offsets)
        .map(|(pooled, offset)| pooled + offset)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Wish, settle};

    #[test]
    fn what_has_room_stands_where_it_wants_and_what_has_not_shares_the_loss() {
        let wish = |room, middle, weight| Wish {
            room,
            middle,
            weight,
        };
        let check = |wishes: &[Wish], expected: &[i64]| assert_eq!(settle(wishes), expected);
        check(&[], &[]);
        check(&[wish(10, 5, 1), wish(10, 40, 1)], &[5, 40]);
        check(&[wish(10, 20, 1), wish(10, 20, 1)], &[15, 25]);
        check(&[wish(10, 20, 3), wish(10, 20, 1)], &[17, 27]);
        check(
            &[wish(10, 90, 1), wish(10, 10, 1), wish(10, 50, 1)],
            &[40, 50, 60],
        );
    }
}

//! The order within the ranks: each item near the middle of its neighbours, as long as that makes
//! fewer crossings (the barycentre method).

/// How often the ranks are gone through, to the right and back. More changes next to nothing.
const SWEEPS: usize = 12;

/// Who stands beside whom: for each item, its neighbours in the rank before and in the rank after.
#[derive(Debug, Default)]
pub(in crate::graph) struct Links {
    pub(in crate::graph) before: Vec<Vec<usize>>,
    pub(in crate::graph) after: Vec<Vec<usize>>,
}

impl Links {
    /// Makes room for one more item.
    pub(in crate::graph) fn item(&mut self) {
        self.before.push(Vec::new());
        self.after.push(Vec::new());
    }

    /// Makes neighbours of two items that are none yet.
    pub(in crate::graph) fn link(&mut self, before: usize, after: usize) {
        self.after[before].push(after);
        self.before[after].push(before);
    }
}

/// Orders every rank.
pub(in crate::graph) fn order(ranks: &mut Vec<Vec<usize>>, links: &Links) {
    let mut best = ranks.clone();
    let mut fewest = crossings(ranks, links);
    for sweep in 0..SWEEPS {
        if fewest == 0 {
            break;
        }
        let to_the_right = sweep % 2 == 0;
        // Or an order that only looks even would never be left.
        let ties_reversed = sweep % 4 == 2;
        let count = ranks.len();
        let mut places = places(ranks, links);
        for step in 1..count {
            let rank = if to_the_right { step } else { count - 1 - step };
            sort_rank(
                &mut ranks[rank],
                links,
                &mut places,
                to_the_right,
                ties_reversed,
            );
        }
        let crossings = crossings(ranks, links);
        if crossings < fewest {
            fewest = crossings;
            best.clone_from(ranks);
        }
    }
    *ranks = best;
}

fn sort_rank(
    rank: &mut [usize],
    links: &Links,
    places: &mut [usize],
    to_the_right: bool,
    ties_reversed: bool,
) {
    // In thousandths, so that whole numbers tell close means apart.
    let middle = |neighbours: &[usize], item: usize| {
        let sum: usize = neighbours.iter().map(|&neighbour| places[neighbour]).sum();
        (sum * 1000)
            .checked_div(neighbours.len())
            .unwrap_or(places[item] * 1000)
    };
    if ties_reversed {
        rank.reverse();
    }
    rank.sort_by_cached_key(|&item| {
        let (before, after) = (&links.before[item], &links.after[item]);
        let (near, far) = if to_the_right {
            (before, after)
        } else {
            (after, before)
        };
        let tie = if ties_reversed { 0 } else { middle(far, item) };
        (middle(near, item), tie)
    });
    for (place, &item) in rank.iter().enumerate() {
        places[item] = place;
    }
}

/// Each item's place in its rank.
fn places(ranks: &[Vec<usize>], links: &Links) -> Vec<usize> {
    let mut places = vec![0; links.before.len()];
    for rank in ranks {
        for (place, &item) in rank.iter().enumerate() {
            places[item] = place;
        }
    }
    places
}

/// How many pairs of lines between neighbouring ranks cross: the inversions among their ends.
fn crossings(ranks: &[Vec<usize>], links: &Links) -> usize {
    let places = places(ranks, links);
    let mut total = 0;
    for rank in ranks {
        let mut ends = Vec::new();
        for &item in rank {
            let after = links.after[item].iter();
            let mut of_item: Vec<_> = after.map(|&neighbour| places[neighbour]).collect();
            of_item.sort_unstable();
            ends.extend(of_item);
        }
        total += inversions(&mut ends);
    }
    total
}

/// Pairs out of order, counted while merging halves.
fn inversions(values: &mut [usize]) -> usize {
    if values.len() < 2 {
        return 0;
    }
    let (left, right) = values.split_at_mut(values.len() / 2);
    let mut count = inversions(left) + inversions(right);
    let mut at = 0;
    for value in left.iter() {
        while right.get(at).is_some_and(|other| other < value) {
            at += 1;
        }
        count += at;
    }
    values.sort_unstable();
    count
}

#[cfg(test)]
mod tests {
    use super::inversions;

    #[test]
    fn crossings_are_pairs_out_of_order() {
        assert_eq!(inversions(&mut [1, 2, 3]), 0);
        assert_eq!(inversions(&mut [3, 2, 1]), 3);
        assert_eq!(inversions(&mut [2, 2, 1, 3]), 2);
    }
}

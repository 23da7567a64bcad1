//! The order within the ranks: each item near the middle of its neighbours, as long as that makes
//! fewer crossings (the barycentre method).

use super::layers::{Item, Layers};

/// How often the ranks are gone through, to the right and back. More changes next to nothing.
const SWEEPS: usize = 12;

/// Orders every rank.
pub(super) fn order(layers: &mut Layers) {
    let mut best = layers.ranks.clone();
    let mut fewest = crossings(layers);
    for sweep in 0..SWEEPS {
        if fewest == 0 {
            break;
        }
        let to_the_right = sweep % 2 == 0;
        // Or an order that only looks even would never be left.
        let ties_reversed = sweep % 4 == 2;
        let count = layers.ranks.len();
        let mut places = places(layers);
        for step in 1..count {
            let rank = if to_the_right { step } else { count - 1 - step };
            let is_of_boxes = rank % 2 == 0;
            sort_rank(
                layers,
                rank,
                &mut places,
                to_the_right,
                ties_reversed && is_of_boxes,
            );
        }
        let crossings = crossings(layers);
        if crossings < fewest {
            fewest = crossings;
            best.clone_from(&layers.ranks);
        }
    }
    layers.ranks = best;
}

fn sort_rank(
    layers: &mut Layers,
    rank: usize,
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
    let mut items = layers.ranks[rank].clone();
    if ties_reversed {
        items.reverse();
    }
    items.sort_by_cached_key(|&item| {
        let Item { left, right, .. } = &layers.items[item];
        let (near, far) = if to_the_right {
            (left, right)
        } else {
            (right, left)
        };
        let tie = if ties_reversed { 0 } else { middle(far, item) };
        (middle(near, item), tie)
    });
    for (place, &item) in items.iter().enumerate() {
        places[item] = place;
    }
    layers.ranks[rank] = items;
}

/// Each item's place in its rank.
fn places(layers: &Layers) -> Vec<usize> {
    let mut places = vec![0; layers.items.len()];
    for rank in &layers.ranks {
        for (place, &item) in rank.iter().enumerate() {
            places[item] = place;
        }
    }
    places
}

/// How many pairs of lines between neighbouring ranks cross: the inversions among their ends.
fn crossings(layers: &Layers) -> usize {
    let places = places(layers);
    let mut total = 0;
    for rank in &layers.ranks {
        let mut ends = Vec::new();
        for &item in rank {
            let right = layers.items[item].right.iter();
            let mut of_item: Vec<_> = right.map(|&neighbour| places[neighbour]).collect();
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

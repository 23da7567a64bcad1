//! Where everything stands: columns for the ranks, and heights that keep arrows straight.

use super::layers::{Layers, What};

/// Between a rank and the next, for arrows to turn in.
const GAP: i64 = 32;

/// Around the whole drawing.
const MARGIN: i64 = 16;

/// How often heights are evened out, from the left and from the right in turn.
const ROUNDS: usize = 24;

/// Places in whole pixels.
#[derive(Debug)]
pub(super) struct Plan {
    /// The left edge and the width of each rank.
    pub(super) columns: Vec<(i64, i64)>,
    /// The middle of each item.
    pub(super) middles: Vec<i64>,
    pub(super) width: i64,
    pub(super) height: i64,
}

/// Places every item.
pub(super) fn place(layers: &Layers) -> Plan {
    let mut columns = Vec::new();
    let mut x = MARGIN;
    for rank in &layers.ranks {
        let widths = rank.iter().map(|&item| layers.items[item].width);
        let width = widths.max().unwrap_or(0);
        columns.push((x, width));
        x += width + GAP;
    }
    let mut middles = middles(layers);
    let edge = |sign: i64| {
        let items = layers.items.iter().zip(&middles);
        items.map(move |(item, middle)| sign * middle + item.height / 2)
    };
    let top = edge(-1).max().unwrap_or(0) + MARGIN;
    let bottom = edge(1).max().unwrap_or(0) + MARGIN;
    for middle in &mut middles {
        *middle += top;
    }
    Plan {
        columns,
        middles,
        width: x - GAP + MARGIN,
        height: top + bottom,
    }
}

fn middles(layers: &Layers) -> Vec<i64> {
    let mut middles = vec![0; layers.items.len()];
    for rank in &layers.ranks {
        settle(layers, rank, &mut middles, |_, _| None);
    }
    for round in 0..ROUNDS {
        let from_the_left = round % 2 == 0;
        let last = round + 2 >= ROUNDS;
        let ranks: Box<dyn Iterator<Item = &Vec<usize>>> = if from_the_left {
            Box::new(layers.ranks.iter())
        } else {
            Box::new(layers.ranks.iter().rev())
        };
        for rank in ranks {
            settle(layers, rank, &mut middles, |item, middles| {
                let item = &layers.items[item];
                let (left, right) = (mean(&item.left, middles), mean(&item.right, middles));
                // Bends follow one neighbour to the end: one step is calmer than a slope of many.
                let evens_out = last && item.what != What::Bend;
                match (left, right) {
                    (Some(left), Some(right)) if evens_out => Some(i64::midpoint(left, right)),
                    (left, right) if from_the_left => left.or(right),
                    (left, right) => right.or(left),
                }
            });
        }
    }
    middles
}

fn mean(neighbours: &[usize], middles: &[i64]) -> Option<i64> {
    let sum: i64 = neighbours.iter().map(|&neighbour| middles[neighbour]).sum();
    sum.checked_div(i64::try_from(neighbours.len()).ok()?)
}

/// Puts the items of a rank as near to where they want to be as their order and sizes allow: the
/// least-squares solution, by pooling adjacent violators.
fn settle(
    layers: &Layers,
    rank: &[usize],
    middles: &mut [i64],
    wish: impl Fn(usize, &[i64]) -> Option<i64>,
) {
    // Subtracting what lies above each item turns "far enough apart" into "in ascending order".
    let mut above = 0;
    let mut offsets = Vec::with_capacity(rank.len());
    let mut pools: Vec<(i64, i64, usize)> = Vec::new();
    for &item in rank {
        let height = layers.items[item].height;
        offsets.push(above + height / 2);
        // Arrows that only pass through are kept straight before boxes are centred.
        let weight = match layers.items[item].what {
            What::Bend => 8,
            What::Label(_) => 2,
            What::Node(_) => 1,
        };
        let wished = wish(item, middles).unwrap_or(middles[item]);
        let mut pool = ((wished - above - height / 2) * weight, weight, 1);
        while let Some(&(sum, weights, count)) = pools.last()
            && sum * pool.1 >= pool.0 * weights
        {
            pool = (sum + pool.0, weights + pool.1, count + pool.2);
            pools.pop();
        }
        pools.push(pool);
        above += height;
    }
    let pooled = pools
        .iter()
        .flat_map(|&(sum, weights, count)| std::iter::repeat_n(sum.div_euclid(weights), count));
    for ((&item, offset), pooled) in rank.iter().zip(offsets).zip(pooled) {
        middles[item] = pooled + offset;
    }
}

//! Where everything stands: a band for each rank, and places within it that keep arrows straight.

use super::{
    super::layered::{Wish, settle},
    flow::Flow,
    layers::{Layers, What},
};

/// Between a rank and the next, for arrows to turn in: more where they turn far.
const GAP: i64 = 32;
const WIDEST_GAP: i64 = 96;
/// How far across an arrow may go for each pixel of the gap.
const STEEPEST: i64 = 4;

/// Around the whole drawing.
const MARGIN: i64 = 16;

/// How often places are evened out, with the flow and against it in turn.
const ROUNDS: usize = 24;

/// Places in whole pixels.
#[derive(Debug)]
pub(super) struct Plan {
    /// Where each rank begins along the flow, and how long it is.
    pub(super) bands: Vec<(i64, i64)>,
    /// The middle of each item across the flow.
    pub(super) middles: Vec<i64>,
    /// The end of the drawing along the flow, and across it.
    ends: (i64, i64),
}

impl Plan {
    /// The width and height of the drawing.
    pub(super) fn size(&self, flow: Flow) -> (i64, i64) {
        flow.turn(self.ends)
    }
}

/// Places every item.
pub(super) fn place(layers: &Layers, flow: Flow) -> Plan {
    let mut middles = middles(layers);
    let edge = |sign: i64| {
        let items = layers.items.iter().zip(&middles);
        items.map(move |(item, middle)| sign * middle + item.room / 2)
    };
    let before = edge(-1).max().unwrap_or(0) + MARGIN;
    let after = edge(1).max().unwrap_or(0) + MARGIN;
    for middle in &mut middles {
        *middle += before;
    }
    let mut bands = Vec::new();
    let mut along = MARGIN;
    for rank in &layers.ranks {
        let lengths = rank.iter().map(|&item| layers.items[item].length);
        let length = lengths.max().unwrap_or(0);
        bands.push((along, length));
        along += length + gap(layers, rank, &middles, flow);
    }
    let end = bands
        .last()
        .map_or(MARGIN, |(start, length)| start + length);
    Plan {
        bands,
        middles,
        ends: (end + MARGIN, before + after),
    }
}

/// Between a rank and the next.
fn gap(layers: &Layers, rank: &[usize], middles: &[i64], flow: Flow) -> i64 {
    let turns = rank.iter().flat_map(|&item| {
        let after = layers.links.after[item].iter();
        after.map(move |&next| (middles[next] - middles[item]).abs())
    });
    // Downwards there is more to go across: boxes are wider than high.
    let steepest = match flow {
        Flow::Right => STEEPEST,
        Flow::Down => 3 * STEEPEST,
    };
    (turns.max().unwrap_or(0) / steepest).clamp(GAP, WIDEST_GAP)
}

fn middles(layers: &Layers) -> Vec<i64> {
    let mut middles = vec![0; layers.items.len()];
    for rank in &layers.ranks {
        settle_rank(layers, rank, &mut middles, |_, _| None);
    }
    for round in 0..ROUNDS {
        let with_the_flow = round % 2 == 0;
        let last = round + 2 >= ROUNDS;
        let ranks: Box<dyn Iterator<Item = &Vec<usize>>> = if with_the_flow {
            Box::new(layers.ranks.iter())
        } else {
            Box::new(layers.ranks.iter().rev())
        };
        for rank in ranks {
            settle_rank(layers, rank, &mut middles, |item, middles| {
                let before = mean(&layers.links.before[item], middles);
                let after = mean(&layers.links.after[item], middles);
                // Bends follow one neighbour to the end: one step is calmer than a slope of many.
                let evens_out = last && layers.items[item].what != What::Bend;
                match (before, after) {
                    (Some(before), Some(after)) if evens_out => Some(i64::midpoint(before, after)),
                    (before, after) if with_the_flow => before.or(after),
                    (before, after) => after.or(before),
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

/// Puts the items of a rank as near to where they want to be as their order and sizes allow.
fn settle_rank(
    layers: &Layers,
    rank: &[usize],
    middles: &mut [i64],
    wish: impl Fn(usize, &[i64]) -> Option<i64>,
) {
    let wishes: Vec<Wish> = rank
        .iter()
        .map(|&item| Wish {
            room: layers.items[item].room,
            middle: wish(item, middles).unwrap_or(middles[item]),
            // Arrows that only pass through are kept straight before boxes are centred.
            weight: match layers.items[item].what {
                What::Bend => 8,
                What::Label(_) => 2,
                What::Node(_) => 1,
            },
        })
        .collect();
    for (&item, middle) in rank.iter().zip(settle(&wishes)) {
        middles[item] = middle;
    }
}

//! The order in which arrows meet the sides of boxes.

use std::collections::BTreeMap;

use super::super::{layers::Layers, place::Plan};

/// A node, whether the arrow leaves it there, and the neighbour at the arrow's other end.
pub(super) type Side = (usize, bool, usize);

/// The place of each neighbour among those of its side.
pub(super) fn places(layers: &Layers, plan: &Plan) -> BTreeMap<Side, i64> {
    let mut places = BTreeMap::new();
    for (leaves, sides) in [(false, &layers.links.before), (true, &layers.links.after)] {
        for (node, side) in sides.iter().enumerate() {
            let mut side = side.clone();
            side.sort_by_key(|&neighbour| (plan.middles[neighbour], neighbour));
            let numbered = (0_i64..).zip(side);
            places.extend(numbered.map(|(place, neighbour)| ((node, leaves, neighbour), place)));
        }
    }
    places
}

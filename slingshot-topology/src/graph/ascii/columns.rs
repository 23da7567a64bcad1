//! Which columns each rank and each channel takes, and what meets in the channels.

use std::collections::BTreeMap;

use super::{
    arrange::Arrangement,
    boxes::Boxes,
    channel::{Net, Routes},
};

/// Room for an arrow between two ranks where no line turns.
const NARROWEST: usize = 4;

/// What enters and leaves each channel, by the box that it leads to. Channel 0 is before the first rank, the
/// last behind the last.
pub(super) fn channels(boxes: &Boxes<'_>, arrangement: &Arrangement) -> Vec<BTreeMap<usize, Net>> {
    let mut channels: Vec<BTreeMap<usize, Net>> = vec![BTreeMap::new(); arrangement.rank_count + 1];
    let mut is_fed = vec![false; boxes.all.len()];
    for (index, content) in boxes.all.iter().enumerate() {
        let item = &arrangement.items[index];
        for (place, &arrow) in arrangement.ports[index].iter().enumerate() {
            let to = boxes.picture.arrows[arrow].to;
            is_fed[to] = true;
            let row = item.top + content.first_port() + place;
            net(&mut channels, item.rank + 1, to).left.push(row);
        }
    }
    for (index, content) in boxes
        .all
        .iter()
        .enumerate()
        .filter(|(index, _)| is_fed[*index])
    {
        let item = &arrangement.items[index];
        net(&mut channels, item.rank, index)
            .right
            .push(item.top + content.arrival());
    }
    for item in &arrangement.items {
        if let Some(to) = item.lane_to {
            net(&mut channels, item.rank, to).right.push(item.top);
            net(&mut channels, item.rank + 1, to).left.push(item.top);
        }
    }
    for lane in &arrangement.lanes_back {
        for rank in lane.ranks.0..=lane.ranks.1 {
            net(&mut channels, rank, lane.to).right.push(lane.row);
            net(&mut channels, rank + 1, lane.to).left.push(lane.row);
        }
    }
    channels
}

fn net(channels: &mut [BTreeMap<usize, Net>], channel: usize, to: usize) -> &mut Net {
    let net = channels[channel].entry(to).or_default();
    net.to = to;
    net
}

/// The first column and the width of each channel and each rank.
pub(super) struct Columns {
    pub(super) channels: Vec<(usize, usize)>,
    pub(super) ranks: Vec<(usize, usize)>,
}

impl Columns {
    pub(super) fn of(boxes: &Boxes<'_>, arrangement: &Arrangement, routes: &[Routes]) -> Self {
        let mut widths = vec![0; arrangement.rank_count];
        for (item, content) in arrangement.items.iter().zip(&boxes.all) {
            widths[item.rank] = content.width().max(widths[item.rank]);
        }
        let mut columns = Self {
            channels: Vec::new(),
            ranks: Vec::new(),
        };
        let mut at = 0;
        for (index, routes) in routes.iter().enumerate() {
            let is_outer = index == 0 || index == arrangement.rank_count;
            let width = match routes.tracks {
                0 if is_outer => 0,
                tracks => (2 * tracks + 2).max(NARROWEST),
            };
            columns.channels.push((at, width));
            at += width;
            if let Some(&width) = widths.get(index) {
                columns.ranks.push((at, width));
                at += width;
            }
        }
        columns
    }
}

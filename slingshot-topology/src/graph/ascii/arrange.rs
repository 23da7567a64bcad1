//! Where boxes and lines are: which rank, and which row.

use std::collections::BTreeMap;

use super::boxes::Boxes;
use crate::graph::layered::{Links, Wish, order, ranks, settle, ways_back};

/// How often rows are evened out, with the flow and against it in turn.
const ROUNDS: usize = 12;

/// Boxes and lanes with their places. The boxes come first among the items.
#[derive(Debug)]
pub(super) struct Arrangement {
    pub(super) items: Vec<Item>,
    pub(super) rank_count: usize,
    /// For each box, its arrows from the top to the bottom.
    pub(super) ports: Vec<Vec<usize>>,
    /// The lines that lead against the flow, below everything else.
    pub(super) lanes_back: Vec<LaneBack>,
    pub(super) height: usize,
}

/// Something that takes rows of a rank.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) rank: usize,
    /// The first row.
    pub(super) top: usize,
    /// The box that a line passes by on its way to; `None` for a box itself.
    pub(super) lane_to: Option<usize>,
    height: usize,
}

/// A line against the flow, from the last rank to the first.
#[derive(Debug)]
pub(super) struct LaneBack {
    pub(super) to: usize,
    pub(super) ranks: (usize, usize),
    pub(super) row: usize,
}

impl Arrangement {
    pub(super) fn of(boxes: &Boxes<'_>) -> Self {
        let is_way_back = ways_back(&boxes.picture);
        let ranks = ranks(&boxes.picture, &is_way_back);
        let mut builder = Builder {
            boxes,
            items: Vec::new(),
            ranks: Vec::new(),
            links: Links::default(),
            lanes: BTreeMap::new(),
        };
        for (index, content) in boxes.all.iter().enumerate() {
            builder.item(ranks[index], None, content.height());
        }
        let arrows = boxes.picture.arrows.iter().zip(&is_way_back);
        for (arrow, _) in arrows.filter(|(arrow, back)| !**back && arrow.from != arrow.to) {
            builder.chain(arrow.from, arrow.to);
        }
        order(&mut builder.ranks, &builder.links);
        builder.finish(&is_way_back)
    }
}

struct Builder<'b> {
    boxes: &'b Boxes<'b>,
    items: Vec<Item>,
    ranks: Vec<Vec<usize>>,
    links: Links,
    /// The lane to each box in each rank.
    lanes: BTreeMap<(usize, usize), usize>,
}

impl Builder<'_> {
    fn item(&mut self, rank: usize, lane_to: Option<usize>, height: usize) -> usize {
        let index = self.items.len();
        if self.ranks.len() <= rank {
            self.ranks.resize_with(rank + 1, Vec::new);
        }
        self.ranks[rank].push(index);
        self.links.item();
        self.items.push(Item {
            rank,
            top: 0,
            lane_to,
            height,
        });
        index
    }

    /// A line from a box to another, along lanes that are there already as soon as it can.
    fn chain(&mut self, from: usize, to: usize) {
        let mut before = from;
        for rank in self.items[from].rank + 1..self.items[to].rank {
            if let Some(&lane) = self.lanes.get(&(to, rank)) {
                self.links.link(before, lane);
                return;
            }
            let lane = self.item(rank, Some(to), 1);
            self.lanes.insert((to, rank), lane);
            self.links.link(before, lane);
            before = lane;
        }
        self.links.link(before, to);
    }

    fn finish(mut self, is_way_back: &[bool]) -> Arrangement {
        let tops = self.tops();
        let first = tops.iter().copied().min().unwrap_or(0);
        for (item, top) in self.items.iter_mut().zip(tops) {
            item.top = usize::try_from(top - first).unwrap_or(0);
        }
        let ends = self.items.iter().map(|item| item.top + item.height);
        let bottom = ends.max().unwrap_or(0);
        let rows: Vec<i64> = self.items.iter().map(|item| to_i64(item.top)).collect();
        let lanes_back = self.lanes_back(is_way_back, bottom);
        Arrangement {
            ports: (0..self.boxes.all.len())
                .map(|index| self.ports(index, &rows))
                .collect(),
            rank_count: self.ranks.len(),
            height: lanes_back
                .iter()
                .map(|lane| lane.row + 1)
                .max()
                .unwrap_or(bottom),
            items: self.items,
            lanes_back,
        }
    }

    /// The first row of each item, as near as possible to where no line needs a bend.
    fn tops(&self) -> Vec<i64> {
        let mut tops = vec![0; self.items.len()];
        for round in 0..=ROUNDS {
            let with_the_flow = round % 2 == 0;
            let ranks: Box<dyn Iterator<Item = &Vec<usize>>> = if with_the_flow {
                Box::new(self.ranks.iter())
            } else {
                Box::new(self.ranks.iter().rev())
            };
            for rank in ranks {
                let rooms = self.rooms(rank);
                let wishes: Vec<Wish> = rank
                    .iter()
                    .zip(&rooms)
                    .map(|(&item, &room)| {
                        let wish = self.wish(item, &tops, with_the_flow);
                        Wish {
                            room,
                            middle: wish.unwrap_or(tops[item]) + room / 2,
                            weight: if self.items[item].lane_to.is_some() {
                                4
                            } else {
                                1
                            },
                        }
                    })
                    .collect();
                for ((&item, room), middle) in rank.iter().zip(rooms).zip(settle(&wishes)) {
                    tops[item] = middle - room / 2;
                }
            }
        }
        tops
    }

    /// The rows of each item of a rank. A lane keeps clear of boxes: it would look like a part of them.
    fn rooms(&self, rank: &[usize]) -> Vec<i64> {
        let is_lane = |item: usize| self.items[item].lane_to.is_some();
        let room = |(place, &item): (usize, &usize)| {
            let next = rank.get(place + 1);
            let is_apart = next.is_some_and(|&next| is_lane(item) != is_lane(next));
            to_i64(self.items[item].height + usize::from(is_apart))
        };
        rank.iter().enumerate().map(room).collect()
    }

    /// The first row that makes one of its lines straight: the one in the middle, because the mean of two
    /// would make both bend.
    fn wish(&self, item: usize, tops: &[i64], with_the_flow: bool) -> Option<i64> {
        let wishes_before = || {
            self.links.before[item]
                .iter()
                .map(|&before| self.row_towards(before, item, tops) - self.arrival(item))
        };
        let wishes_after = || {
            self.links.after[item].iter().map(|&after| {
                let arrives = tops[after] + self.arrival(after);
                arrives - (self.row_towards(item, after, tops) - tops[item])
            })
        };
        let (mut near, far): (Vec<i64>, Vec<i64>) = if with_the_flow {
            (wishes_before().collect(), wishes_after().collect())
        } else {
            (wishes_after().collect(), wishes_before().collect())
        };
        if near.is_empty() {
            near = far;
        }
        near.sort_unstable();
        near.get(near.len().saturating_sub(1) / 2).copied()
    }

    /// The row below its top in which lines arrive.
    fn arrival(&self, item: usize) -> i64 {
        let content = self.boxes.all.get(item);
        to_i64(content.map_or(0, super::boxes::Content::arrival))
    }

    /// The row in which an item's line to a neighbour leaves it.
    fn row_towards(&self, item: usize, neighbour: usize, tops: &[i64]) -> i64 {
        let Some(content) = self.boxes.all.get(item) else {
            return tops[item];
        };
        let target = self.items[neighbour].lane_to.unwrap_or(neighbour);
        let ports = self.ports(item, tops);
        let is_meant = |&arrow: &usize| self.boxes.picture.arrows[arrow].to == target;
        let place = ports.iter().position(is_meant).unwrap_or(0);
        tops[item] + to_i64(content.first_port() + place)
    }

    /// A box's arrows, in the order in which their lines go on; those against the flow last, where their lanes
    /// are.
    fn ports(&self, item: usize, tops: &[i64]) -> Vec<usize> {
        let content = &self.boxes.all[item];
        let mut ports: Vec<usize> = content.ports.iter().map(|(arrow, _)| *arrow).collect();
        ports.sort_by_cached_key(|&arrow| {
            let to = self.boxes.picture.arrows[arrow].to;
            let next = self.items[item].rank + 1;
            let next = self.lanes.get(&(to, next)).copied().unwrap_or(to);
            let is_back = self.items[to].rank <= self.items[item].rank;
            (is_back, tops[next])
        });
        ports
    }

    fn lanes_back(&self, is_way_back: &[bool], bottom: usize) -> Vec<LaneBack> {
        let mut spans: BTreeMap<usize, usize> = BTreeMap::new();
        for (arrow, _) in self
            .boxes
            .picture
            .arrows
            .iter()
            .zip(is_way_back)
            .filter(|(_, back)| **back)
        {
            if arrow.from != arrow.to {
                let last = self.items[arrow.from].rank;
                let known = spans.entry(arrow.to).or_default();
                *known = last.max(*known);
            }
        }
        let mut lanes: Vec<LaneBack> = Vec::new();
        for (to, last) in spans {
            let first = self.items[to].rank;
            let is_free = |row: &usize| {
                let mut in_row = lanes.iter().filter(|lane| lane.row == *row);
                // Not even ends may touch: between two ranks both would turn.
                in_row.all(|lane| lane.ranks.1 + 1 < first || last + 1 < lane.ranks.0)
            };
            // Every lane could have a row of its own.
            let mut rows = bottom..=bottom + lanes.len();
            let row = rows.find(is_free).unwrap_or(bottom);
            lanes.push(LaneBack {
                to,
                ranks: (first, last),
                row,
            });
        }
        lanes
    }
}

fn to_i64(rows: usize) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}

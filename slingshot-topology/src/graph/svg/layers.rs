//! What takes room, and in which rank.

use std::collections::BTreeMap;

use super::{
    super::{
        layered::{Links, ranks, ways_back},
        picture::{Kind, Node, Picture},
    },
    flow::Flow,
    lettering::{shorten, width},
};

/// Font sizes.
pub(super) const NAME: i64 = 15;
pub(super) const NOTE: i64 = 11;
pub(super) const CASE: i64 = 12;

/// The height of a label.
pub(super) const LABEL: i64 = 22;

/// Between the ends of two arrows on one side of a box.
pub(super) const PORT_STEP: i64 = 11;

/// The part of a box's side where no arrow ends.
pub(super) const CORNERS: i64 = 12;

/// Room beside the label of an arrow that leads back to its own box.
pub(super) const SELF_LOOP: i64 = 22;

/// An arrow across more ranks than this is drawn in one sweep, so that the number of bends stays in
/// proportion to that of the arrows.
const MOST_BENDS: usize = 64;

/// Something that takes room in a rank.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) rank: usize,
    pub(super) what: What,
    /// How far it reaches along the flow.
    pub(super) length: i64,
    /// How far it reaches across the flow, as it is drawn.
    pub(super) breadth: i64,
    /// The same with the room around it that must stay free.
    pub(super) room: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// A node of the picture.
    Node(usize),
    /// An arrow's label.
    Label(usize),
    /// Where arrows to one box pass through.
    Bend,
}

/// An arrow as a chain of items along the flow.
#[derive(Debug)]
pub(super) struct Chain {
    pub(super) arrow: usize,
    pub(super) items: Vec<usize>,
    /// Whether the arrow points against the flow: it closes a loop.
    pub(super) is_way_back: bool,
}

/// Items in ranks. The nodes of the picture come first among the items.
#[derive(Debug)]
pub(super) struct Layers {
    pub(super) items: Vec<Item>,
    pub(super) ranks: Vec<Vec<usize>>,
    pub(super) links: Links,
    pub(super) chains: Vec<Chain>,
    /// Arrows from a node to itself.
    pub(super) self_loops: Vec<usize>,
    /// The bend of each rank for the arrows to one box, those against the flow apart.
    bends: BTreeMap<(usize, usize, bool), usize>,
    flow: Flow,
}

impl Layers {
    pub(super) fn of(picture: &Picture<'_>, flow: Flow) -> Self {
        let ways_back = ways_back(picture);
        let ranks = ranks(picture, &ways_back);
        let mut layers = Self {
            items: Vec::new(),
            ranks: Vec::new(),
            links: Links::default(),
            chains: Vec::new(),
            self_loops: Vec::new(),
            bends: BTreeMap::new(),
            flow,
        };
        for (index, node) in picture.nodes.iter().enumerate() {
            layers.item(ranks[index] * 2, What::Node(index), size(node));
        }
        for (index, arrow) in picture.arrows.iter().enumerate() {
            if arrow.from == arrow.to {
                layers.self_loop(picture, index);
            } else {
                layers.chain(picture, index, ways_back[index]);
            }
        }
        for node in 0..picture.nodes.len() {
            // Arrows that arrive apart can be told apart.
            let Links { before, after } = &layers.links;
            let ports = before[node].len().max(after[node].len());
            let ports = i64::try_from(ports).unwrap_or(i64::MAX / PORT_STEP) * PORT_STEP;
            let item = &mut layers.items[node];
            let growth = (ports + CORNERS - item.breadth).max(0);
            item.breadth += growth;
            item.room += growth;
        }
        layers
    }

    /// Adds something of a width and height.
    fn item(&mut self, rank: usize, what: What, size: (i64, i64)) -> usize {
        let index = self.items.len();
        if self.ranks.len() <= rank {
            self.ranks.resize_with(rank + 1, Vec::new);
        }
        self.ranks[rank].push(index);
        self.links.item();
        let (length, breadth) = self.flow.turn(size);
        let spacing = match what {
            What::Bend => Flow::Right.spacing(),
            What::Node(_) | What::Label(_) => self.flow.spacing(),
        };
        self.items.push(Item {
            rank,
            what,
            length,
            breadth,
            room: breadth + spacing,
        });
        index
    }

    /// Room on both sides, so that the box stays in the middle, and enough of the box to come back to.
    fn self_loop(&mut self, picture: &Picture<'_>, arrow: usize) {
        let (length, breadth) = self.flow.turn(label_size(&picture.arrows[arrow].label));
        let item = &mut self.items[picture.arrows[arrow].from];
        item.room += 2 * (SELF_LOOP + breadth);
        item.length = item.length.max(length + 46);
        self.self_loops.push(arrow);
    }

    fn chain(&mut self, picture: &Picture<'_>, index: usize, is_way_back: bool) {
        let arrow = &picture.arrows[index];
        let (first, last) = if is_way_back {
            (arrow.to, arrow.from)
        } else {
            (arrow.from, arrow.to)
        };
        let (start, end) = (self.items[first].rank, self.items[last].rank);
        // A label stands beside the service whose case it is.
        let label_rank = if is_way_back { end - 1 } else { start + 1 };
        let mut items = vec![first];
        // Whether the way from here to the arrow's head is there already.
        let mut is_joined = vec![false];
        for rank in start + 1..end {
            if rank == label_rank && !arrow.label.is_empty() {
                items.push(self.item(rank, What::Label(index), label_size(&arrow.label)));
                is_joined.push(false);
            } else if end - start <= MOST_BENDS {
                let key = (arrow.to, rank, is_way_back);
                let known = self.bends.get(&key).copied();
                is_joined.push(known.is_some());
                items.push(known.unwrap_or_else(|| {
                    let bend = self.item(rank, What::Bend, (0, 0));
                    self.bends.insert(key, bend);
                    bend
                }));
            }
        }
        items.push(last);
        is_joined.push(false);
        for (pair, joined) in items.windows(2).zip(is_joined.windows(2)) {
            let tail_is_joined = joined[usize::from(is_way_back)];
            if let &[before, after] = pair
                && !tail_is_joined
            {
                self.links.link(before, after);
            }
        }
        self.chains.push(Chain {
            arrow: index,
            items,
            is_way_back,
        });
    }
}

/// The width and height of a label.
pub(super) fn label_size(label: &str) -> (i64, i64) {
    (width(&shorten(label), CASE) + 18, LABEL)
}

/// The width and height of a box.
fn size(node: &Node<'_>) -> (i64, i64) {
    let name = width(&shorten(&node.name), NAME);
    let note = node
        .note
        .as_deref()
        .map_or(0, |note| width(&shorten(note), NOTE));
    match node.kind {
        Kind::End => (18, 18),
        Kind::Service | Kind::Group if note > 0 => (name.max(note) + 36, 52),
        Kind::Service | Kind::Group => ((name + 36).max(80), 44),
        Kind::Source | Kind::Sink | Kind::Loose if note > 0 => (name.max(note) + 36, 46),
        Kind::Source | Kind::Sink | Kind::Loose => (name + 36, 36),
    }
}

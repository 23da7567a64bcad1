//! Which rank everything stands in.

use super::{
    super::picture::{Kind, Node, Picture},
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

/// Between two items of a rank.
const SPACING: i64 = 14;

/// Room above and below a service for the arrow that leads back to it, label included.
pub(super) const SELF_LOOP: i64 = 44;

/// An arrow across more ranks than this is drawn in one sweep, so that the number of bends stays in
/// proportion to that of the arrows.
const MOST_BENDS: usize = 64;

/// Something that takes room in a rank.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) rank: usize,
    pub(super) what: What,
    pub(super) width: i64,
    /// How high it is drawn.
    pub(super) body: i64,
    /// Including the room around it that must stay free.
    pub(super) height: i64,
    /// Neighbours in ranks to the left and to the right.
    pub(super) left: Vec<usize>,
    pub(super) right: Vec<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// A node of the picture.
    Node(usize),
    /// An arrow's label.
    Label(usize),
    /// Where an arrow passes through.
    Bend,
}

/// An arrow as a chain of items from the left to the right.
#[derive(Debug)]
pub(super) struct Chain {
    pub(super) items: Vec<usize>,
    /// Whether the arrow points to the left: it closes a loop.
    pub(super) is_way_back: bool,
}

/// Items in ranks. The nodes of the picture come first among the items.
#[derive(Debug)]
pub(super) struct Layers {
    pub(super) items: Vec<Item>,
    pub(super) ranks: Vec<Vec<usize>>,
    pub(super) chains: Vec<Chain>,
    /// Arrows from a node to itself.
    pub(super) self_loops: Vec<usize>,
}

impl Layers {
    pub(super) fn of(picture: &Picture<'_>) -> Self {
        let ways_back = ways_back(picture);
        let ranks = ranks(picture, &ways_back);
        let mut layers = Self {
            items: Vec::new(),
            ranks: Vec::new(),
            chains: Vec::new(),
            self_loops: Vec::new(),
        };
        for (index, node) in picture.nodes.iter().enumerate() {
            let (width, body) = size(node);
            layers.item(ranks[index] * 2, What::Node(index), width, body);
        }
        for (index, arrow) in picture.arrows.iter().enumerate() {
            if arrow.from == arrow.to {
                let around = width(&shorten(&arrow.label), CASE) + 64;
                let item = &mut layers.items[arrow.from];
                item.height += 2 * SELF_LOOP;
                item.width = item.width.max(around);
                layers.self_loops.push(index);
            } else {
                layers.chain(picture, index, ways_back[index]);
            }
        }
        for item in &mut layers.items[..picture.nodes.len()] {
            // Arrows that arrive apart can be told apart.
            let ports = item.left.len().max(item.right.len());
            let ports = i64::try_from(ports).unwrap_or(i64::MAX / PORT_STEP) * PORT_STEP;
            let growth = (ports + CORNERS - item.body).max(0);
            item.body += growth;
            item.height += growth;
        }
        layers
    }

    fn item(&mut self, rank: usize, what: What, width: i64, body: i64) -> usize {
        let index = self.items.len();
        if self.ranks.len() <= rank {
            self.ranks.resize_with(rank + 1, Vec::new);
        }
        self.ranks[rank].push(index);
        self.items.push(Item {
            rank,
            what,
            width,
            body,
            height: body + SPACING,
            left: Vec::new(),
            right: Vec::new(),
        });
        index
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
        for rank in start + 1..end {
            if rank == label_rank && !arrow.label.is_empty() {
                let width = width(&shorten(&arrow.label), CASE) + 18;
                items.push(self.item(rank, What::Label(index), width, LABEL));
            } else if end - start <= MOST_BENDS {
                items.push(self.item(rank, What::Bend, 0, 0));
            }
        }
        items.push(last);
        for pair in items.windows(2) {
            if let &[left, right] = pair {
                self.items[left].right.push(right);
                self.items[right].left.push(left);
            }
        }
        self.chains.push(Chain { items, is_way_back });
    }
}

fn size(node: &Node<'_>) -> (i64, i64) {
    let name = width(&shorten(node.name), NAME);
    let note = node
        .note
        .as_deref()
        .map_or(0, |note| width(&shorten(note), NOTE));
    match node.kind {
        Kind::End => (18, 18),
        Kind::Service if note > 0 => (name.max(note) + 36, 52),
        Kind::Service => ((name + 36).max(80), 44),
        Kind::Source | Kind::Sink | Kind::Loose => (name + 36, 36),
    }
}

/// Whether each arrow leads back to a service that it is reached from, depth first.
fn ways_back(picture: &Picture<'_>) -> Vec<bool> {
    #[derive(Clone, Copy, PartialEq)]
    enum Visit {
        Not,
        Open,
        Done,
    }
    let mut leaving = vec![Vec::new(); picture.nodes.len()];
    for (index, arrow) in picture.arrows.iter().enumerate() {
        leaving[arrow.from].push(index);
    }
    let mut ways_back = vec![false; picture.arrows.len()];
    let mut visits = vec![Visit::Not; picture.nodes.len()];
    for start in 0..picture.nodes.len() {
        let mut path = vec![(start, 0)];
        if visits[start] != Visit::Not {
            continue;
        }
        visits[start] = Visit::Open;
        while let Some((node, next)) = path.pop() {
            let Some(&arrow) = leaving[node].get(next) else {
                visits[node] = Visit::Done;
                continue;
            };
            path.push((node, next + 1));
            let to = picture.arrows[arrow].to;
            match visits[to] {
                Visit::Open => ways_back[arrow] = true,
                Visit::Done => {}
                Visit::Not => {
                    visits[to] = Visit::Open;
                    path.push((to, 0));
                }
            }
        }
    }
    ways_back
}

/// The longest path to each node, ways back aside; sources stand right before what they feed.
fn ranks(picture: &Picture<'_>, ways_back: &[bool]) -> Vec<usize> {
    let forward = || {
        let arrows = picture.arrows.iter().zip(ways_back);
        arrows
            .filter(|(_, is_way_back)| !**is_way_back)
            .map(|(arrow, _)| arrow)
    };
    let mut entering = vec![0_usize; picture.nodes.len()];
    let mut leaving = vec![Vec::new(); picture.nodes.len()];
    for arrow in forward() {
        entering[arrow.to] += 1;
        leaving[arrow.from].push(arrow.to);
    }
    let mut ranks = vec![0; picture.nodes.len()];
    let nodes = 0..picture.nodes.len();
    let mut ready: Vec<usize> = nodes.filter(|&node| entering[node] == 0).collect();
    while let Some(node) = ready.pop() {
        for &to in &leaving[node] {
            ranks[to] = ranks[to].max(ranks[node] + 1);
            entering[to] -= 1;
            if entering[to] == 0 {
                ready.push(to);
            }
        }
    }
    for (index, node) in picture.nodes.iter().enumerate() {
        if node.kind == Kind::Source
            && let Some(first) = leaving[index].iter().map(|&to| ranks[to]).min()
        {
            ranks[index] = first - 1;
        }
    }
    ranks
}

//! What lies within so many steps of a service.

use petgraph::{Direction, graph::NodeIndex};

use super::Wiring;

/// Which way to go from a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Course {
    /// To what feeds it.
    Up,
    /// To what it feeds.
    Down,
    /// To both.
    Either,
}

impl Wiring<'_> {
    /// The services within `steps` of those given, themselves included; without a limit, all that can be
    /// reached.
    pub(crate) fn within(&self, from: &[bool], course: Course, steps: Option<usize>) -> Vec<bool> {
        let mut reached = vec![false; self.graph.node_count()];
        let services = (0..self.services.len()).filter(|&index| from[index]);
        let mut front: Vec<NodeIndex> = services.map(NodeIndex::new).collect();
        for node in &front {
            reached[node.index()] = true;
        }
        // From a service to the next leads one queue.
        let mut left = steps.map(|steps| steps.saturating_mul(2));
        while !front.is_empty() && left != Some(0) {
            left = left.map(|left| left - 1);
            let mut next = Vec::new();
            for node in front {
                let mut visit = |direction| {
                    for node in self.graph.neighbors_directed(node, direction) {
                        if !std::mem::replace(&mut reached[node.index()], true) {
                            next.push(node);
                        }
                    }
                };
                if course != Course::Up {
                    visit(Direction::Outgoing);
                }
                if course != Course::Down {
                    visit(Direction::Incoming);
                }
            }
            front = next;
        }
        reached.truncate(self.services.len());
        reached
    }
}

//! Services that every way from a source to a queue goes through.

use petgraph::{graph::NodeIndex, visit::DfsPostOrder};

use super::Wiring;

impl Wiring<'_> {
    /// For each queue that is drained from outside, the services without which no source leads to it,
    /// in the order of the file.
    pub(crate) fn gates(&self) -> Vec<(usize, Vec<usize>)> {
        let queues = self.queues.iter().enumerate();
        let mut drained = queues.filter(|(_, queue)| queue.sink.is_some()).peekable();
        if drained.peek().is_none() {
            return Vec::new();
        }
        let dominators = Dominators::of(self);
        drained
            .map(|(queue, _)| {
                let above = dominators.above(self.services.len() + queue);
                let mut services: Vec<_> =
                    above.filter(|&node| node < self.services.len()).collect();
                services.sort_unstable();
                (queue, services)
            })
            .collect()
    }

    /// The nodes that messages come to from outside, each after those that it leads to, but for ways back. Without
    /// loops the parts are in such an order already, with what nothing comes to among them.
    fn post_order(&self) -> Vec<usize> {
        if self.loops.is_empty() {
            return self
                .parts
                .iter()
                .flatten()
                .map(|node| node.index())
                .collect();
        }
        let mut visit = DfsPostOrder::empty(&self.graph);
        let mut order = Vec::with_capacity(self.graph.node_count());
        for (queue, _) in self.entrances() {
            visit.move_to(NodeIndex::new(self.services.len() + queue));
            while let Some(node) = visit.next(&self.graph) {
                order.push(node.index());
            }
        }
        order
    }

    /// The nodes with an edge to a node: services first, queues after them.
    fn before(&self, node: usize) -> impl Iterator<Item = usize> {
        let queue = node.checked_sub(self.services.len());
        let feeds = queue.into_iter().flat_map(|it| &self.queues[it].feeds);
        let inbound = self.inbounds.get(node);
        let inbound = inbound.map(|queue| self.services.len() + queue);
        feeds.map(|feed| feed.service).chain(inbound)
    }
}

/// What every way from outside to a node goes through. Cooper, Harvey and Kennedy, "A Simple, Fast Dominance
/// Algorithm"; petgraph's takes a graph of its own and hashes its nodes, which was a quarter of a check.
struct Dominators {
    /// The last node before each that every way to it goes through; [`NONE`] where there is no way.
    nearest: Vec<usize>,
    outside: usize,
}

const NONE: usize = usize::MAX;

impl Dominators {
    fn of(wiring: &Wiring<'_>) -> Self {
        let nodes = wiring.services.len() + wiring.queues.len();
        let outside = nodes;
        let order = wiring.post_order();
        // A node's rank is above those of the nodes that it leads to, but for ways back.
        let mut ranks = vec![0; nodes + 1];
        for (rank, &node) in order.iter().enumerate() {
            ranks[node] = rank;
        }
        ranks[outside] = nodes;
        let mut nearest = vec![NONE; nodes + 1];
        nearest[outside] = outside;
        for (queue, _) in wiring.entrances() {
            nearest[wiring.services.len() + queue] = outside;
        }
        let mut changes = true;
        while changes {
            changes = false;
            for &node in order.iter().rev() {
                // Further than that it cannot move.
                if nearest[node] == outside {
                    continue;
                }
                let known = wiring.before(node).filter(|&it| nearest[it] != NONE);
                let common = known.reduce(|one, other| meet(one, other, &nearest, &ranks));
                let common = common.unwrap_or(NONE);
                changes |= std::mem::replace(&mut nearest[node], common) != common;
            }
        }
        Self { nearest, outside }
    }

    /// A node and what every way to it goes through, back to the outside.
    fn above(&self, node: usize) -> impl Iterator<Item = usize> {
        let reached = self.nearest[node] != NONE;
        let above = std::iter::successors(reached.then_some(node), |&node| {
            Some(self.nearest[node]).filter(|&it| it != self.outside)
        });
        above.filter(|&node| node != self.outside)
    }
}

/// The last node that the ways to both go through.
fn meet(mut one: usize, mut other: usize, nearest: &[usize], ranks: &[usize]) -> usize {
    while one != other {
        if ranks[one] < ranks[other] {
            one = nearest[one];
        } else {
            other = nearest[other];
        }
    }
    one
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use proptest::prelude::*;

    use crate::{
        source::SourceFile,
        system::{System, read_toml},
        wiring::Wiring,
    };

    const SERVICES: usize = 9;

    /// A system in which each service reads its own queue and gives to some others, from two sources to one sink.
    fn system(routes: &[Vec<usize>], left_out: Option<usize>) -> System {
        let mut text = "[topology]\nsources = [\"q0\", \"q1\"]\nsinks = [\"q8\"]\n".to_owned();
        for (service, queues) in routes.iter().enumerate() {
            let queues: Vec<_> = queues.iter().map(|queue| format!("\"q{queue}\"")).collect();
            let queues = if left_out == Some(service) {
                String::new()
            } else {
                queues.join(", ")
            };
            write!(
                text,
                "[services.s{service}]\nin = \"q{service}\"\nout = [{{ case = \"go\", queues = [{queues}] }}]\n"
            )
            .expect("a string takes every write");
        }
        read_toml(&SourceFile::new("slingshot.toml", text)).0
    }

    /// Whether a source leads to the service at the sink.
    fn is_reached(system: &System) -> bool {
        let wiring = Wiring::of(system);
        let starts = wiring
            .entrances()
            .filter(|(_, queue)| queue.source.is_some());
        let starts: Vec<_> = starts
            .flat_map(|(_, queue)| queue.readers.clone())
            .collect();
        wiring.downstream(starts)[8]
    }

    proptest! {
        #[test]
        fn a_gate_is_what_the_sink_is_not_reached_without(
            mut routes in prop::collection::vec(prop::collection::vec(0..SERVICES, 1..4), SERVICES)
        ) {
            // Every queue but the sources is fed, so that nothing else is an entrance.
            for service in 2..SERVICES {
                routes[service - 1].push(service);
            }
            let whole = system(&routes, None);
            let expected: Vec<_> = (0..SERVICES - 1)
                .filter(|&service| is_reached(&whole) && !is_reached(&system(&routes, Some(service))))
                .collect();
            let gates = Wiring::of(&whole).gates();
            prop_assert_eq!(&gates[0].1, &expected, "{:?}", routes);
        }
    }
}

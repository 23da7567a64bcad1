//! Services that every way from a source to a queue goes through.

use petgraph::{algo::dominators::simple_fast, graph::NodeIndex};

use super::Wiring;

impl Wiring<'_> {
    /// For each queue that is drained from outside, the services without which no source leads to it,
    /// in the order of the file. Dominators: Cooper, Harvey and Kennedy, "A Simple, Fast Dominance
    /// Algorithm".
    pub(crate) fn gates(&self) -> Vec<(usize, Vec<usize>)> {
        let mut graph = self.graph.clone();
        let outside = graph.add_node(());
        let node_of = |queue: usize| NodeIndex::new(self.services.len() + queue);
        let numbered = || self.queues.iter().enumerate();
        for (queue, _) in numbered().filter(|(_, queue)| queue.is_entrance()) {
            graph.add_edge(outside, node_of(queue), ());
        }
        let dominators = simple_fast(&graph, outside);
        let drained = numbered().filter(|(_, queue)| queue.sink.is_some());
        drained
            .map(|(queue, _)| {
                let above = dominators.dominators(node_of(queue)).into_iter().flatten();
                let mut services: Vec<usize> = above
                    .map(NodeIndex::index)
                    .filter(|&node| node < self.services.len())
                    .collect();
                services.sort_unstable();
                (queue, services)
            })
            .collect()
    }
}

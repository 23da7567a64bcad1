//! The strongly connected parts of a graph, in an order in which each comes after all that it leads to.

use petgraph::{
    algo::kosaraju_scc,
    graph::{DiGraph, NodeIndex},
};

/// Every node in exactly one part.
#[derive(Default)]
pub(super) struct Parts {
    nodes: Vec<NodeIndex>,
    /// Where each part ends among the nodes.
    ends: Vec<usize>,
    of_node: Vec<usize>,
}

impl Parts {
    pub(super) fn of(graph: &DiGraph<(), ()>) -> Self {
        let mut parts = Self {
            nodes: Vec::with_capacity(graph.node_count()),
            ends: Vec::new(),
            of_node: vec![0; graph.node_count()],
        };
        // Kosaraju's, because petgraph's Tarjan recurses as deep as the longest path.
        for (index, part) in kosaraju_scc(graph).into_iter().enumerate() {
            for node in &part {
                parts.of_node[node.index()] = index;
            }
            parts.nodes.extend(part);
            parts.ends.push(parts.nodes.len());
        }
        parts
    }

    /// The part that a node belongs to.
    pub(super) fn of_node(&self, node: usize) -> usize {
        self.of_node[node]
    }

    /// The nodes of a part.
    pub(super) fn nodes(&self, part: usize) -> &[NodeIndex] {
        let start = part.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.nodes[start..self.ends[part]]
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &[NodeIndex]> {
        (0..self.ends.len()).map(|part| self.nodes(part))
    }
}

//! The longest way through a system.

use petgraph::{algo::kosaraju_scc, graph::NodeIndex};

use super::Wiring;

impl Wiring<'_> {
    /// The services of the longest path, the first of each loop standing for all of it.
    pub(crate) fn longest_path(&self) -> Vec<usize> {
        // Parts come after all that they lead to, so that the longest way on is known for each.
        let parts = kosaraju_scc(&self.graph);
        let mut part_of = vec![0; self.graph.node_count()];
        let mut longest: Vec<(usize, Option<usize>)> = Vec::with_capacity(parts.len());
        for (index, part) in parts.iter().enumerate() {
            for node in part {
                part_of[node.index()] = index;
            }
            let next = part.iter().flat_map(|&node| self.graph.neighbors(node));
            let next = next
                .map(|node| part_of[node.index()])
                .filter(|&next| next != index);
            // Of equally long ways, the one whose part has the smaller number.
            let next = next.max_by_key(|&next| (longest[next].0, usize::MAX - next));
            let rest = next.map_or(0, |next| longest[next].0);
            let own = usize::from(self.first_service(part).is_some());
            longest.push((rest + own, next));
        }
        let starts = 0..longest.len();
        let mut at = starts.max_by_key(|&part| (longest[part].0, usize::MAX - part));
        let mut path = Vec::new();
        while let Some(part) = at {
            path.extend(self.first_service(&parts[part]));
            at = longest[part].1;
        }
        path
    }

    fn first_service(&self, part: &[NodeIndex]) -> Option<usize> {
        let nodes = part.iter().map(|node| node.index());
        nodes.filter(|&node| node < self.services.len()).min()
    }
}

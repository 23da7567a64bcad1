//! The longest way through a system.

use petgraph::graph::NodeIndex;

use super::Wiring;

impl Wiring<'_> {
    /// The services of the longest path, the first of each loop standing for all of it.
    pub(crate) fn longest_path(&self) -> Vec<usize> {
        // Parts come after all that they lead to, so that the longest way on is known for each.
        let mut longest: Vec<(usize, Option<usize>)> = Vec::new();
        for (index, part) in self.parts.iter().enumerate() {
            let next = part.iter().flat_map(|&node| self.graph.neighbors(node));
            let next = next
                .map(|node| self.parts.of_node(node.index()))
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
            path.extend(self.first_service(self.parts.nodes(part)));
            at = longest[part].1;
        }
        path
    }

    fn first_service(&self, part: &[NodeIndex]) -> Option<usize> {
        let nodes = part.iter().map(|node| node.index());
        nodes.filter(|&node| node < self.services.len()).min()
    }
}

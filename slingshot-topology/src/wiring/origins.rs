//! Which of some queues lead to each queue.

use petgraph::graph::NodeIndex;

use super::Wiring;

impl Wiring<'_> {
    /// For each queue, the union of the marks of all queues that lead to it, its own among them.
    pub(crate) fn marks_upstream(&self, marked: &[(usize, u128)]) -> Vec<u128> {
        let mut marks = vec![0_u128; self.graph.node_count()];
        for &(queue, mark) in marked {
            marks[self.services.len() + queue] |= mark;
        }
        // From the last part on, each is complete when it is met.
        for part in self.parts().iter().rev() {
            let union = part.iter().fold(0, |union, &node| union | marks[node]);
            for &node in part {
                marks[node] = union;
                for next in self.graph.neighbors(NodeIndex::new(node)) {
                    marks[next.index()] |= union;
                }
            }
        }
        marks.split_off(self.services.len())
    }
}

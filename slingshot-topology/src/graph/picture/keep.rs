//! A part of a picture.

use super::Picture;
use crate::select::Selection;

impl Picture<'_> {
    /// Leaves out the services that are not selected, and the queues that only they touch.
    pub fn keep(&mut self, selection: &Selection<'_>) {
        let is_selected = |index: usize| {
            let mut services = self.nodes[index].services.iter();
            services.all(|service| selection.contains(&service.name.value))
        };
        let selected: Vec<bool> = (0..self.nodes.len()).map(is_selected).collect();
        self.retain_nodes(|index| selected[index]);
        let mut touched = vec![false; self.nodes.len()];
        for arrow in &self.arrows {
            touched[arrow.from] = true;
            touched[arrow.to] = true;
        }
        let services = self.nodes.iter().map(|node| node.kind.is_of_services());
        let wanted: Vec<bool> = services
            .zip(touched)
            .map(|(is_service, is_touched)| is_service || is_touched)
            .collect();
        self.retain_nodes(|index| wanted[index]);
    }

    /// Keeps boxes of services only.
    pub(in crate::graph) fn leave_out_queues(&mut self) {
        let of_services: Vec<bool> = self
            .nodes
            .iter()
            .map(|node| node.kind.is_of_services())
            .collect();
        self.retain_nodes(|index| of_services[index]);
    }
}

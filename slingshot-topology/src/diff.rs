//! Two systems beside each other: what changes, what that does to the messages on their way, and in which
//! order to deploy it.

mod change;
mod changes;
mod comparison;
mod engines;
mod json;
mod markdown;
mod order;
mod step;
#[cfg(test)]
mod tests;
mod text;

pub use self::{
    change::{Change, Class, Kind, Subject},
    step::{Action, Named, Step},
};
pub(crate) use self::{
    comparison::{
        Comparison, Kept, LostWay, NewNames, bare, is_drained, lost_ways, only_in, targets,
    },
    engines::{MovedEngine, moved_engines},
};

use crate::{system::System, wiring::Wiring};

/// What becomes of a system.
#[derive(Clone, Debug)]
pub struct Diff {
    /// What changes: the worst first, and otherwise in the order of the new file.
    pub changes: Vec<Change>,
    /// How to get there, one step after the other.
    pub steps: Vec<Step>,
    /// Whether both texts were understood as a whole. What is missing in half a system need not be gone.
    pub is_complete: bool,
}

impl Diff {
    /// From the system at work to the one that is to take its place.
    pub fn between(before: &System, after: &System) -> Self {
        let comparison = Comparison::between(before, after);
        let wiring = Wiring::of(after);
        let mut changes = changes::between(&comparison, &wiring);
        changes.sort_by_key(|change| std::cmp::Reverse(change.class));
        Self {
            changes,
            steps: order::steps(&comparison, &wiring),
            is_complete: before.complete && after.complete,
        }
    }

    /// How many changes there are of a class.
    pub fn count(&self, class: Class) -> usize {
        let of_class = self.changes.iter().filter(|change| change.class == class);
        of_class.count()
    }

    /// `2 breaking, 1 safe`, or `no changes`.
    fn summary(&self) -> String {
        let classes = [Class::Breaking, Class::Caution, Class::Safe];
        let counts = classes.map(|class| (self.count(class), class));
        let counts = counts.iter().filter(|(count, _)| *count > 0);
        let counts: Vec<_> = counts
            .map(|(count, class)| format!("{count} {class}"))
            .collect();
        if counts.is_empty() {
            return "no changes".to_owned();
        }
        counts.join(", ")
    }
}

//! How a loop, or another way through the graph, is shown.

use crate::{diagnostic::Label, wiring::Feed};

/// The steps of a loop or another way in their order, each at the route that takes it.
pub(crate) fn steps_round(steps: &[&Feed<'_>]) -> Vec<Label> {
    let label = |(feed, number): (&&Feed<'_>, usize)| Label {
        primary: number == 1,
        ..Label::secondary(
            feed.at,
            format!("step {number}, by the case {}", feed.route.case.value),
        )
    };
    steps.iter().zip(1..).map(label).collect()
}

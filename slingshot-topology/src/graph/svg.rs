//! SVG that needs no tool and no script: laid out here, readable on light and dark pages.
//!
//! Every label is an item of a rank of its own, so that nothing is written over anything else. Arrows to
//! one box become one line as soon as they stand in the same rank, so that many of them can be followed.
//! The ranks go to the right, or down the page where that would be too wide to read.

mod flow;
mod layers;
mod lettering;
mod paint;
mod place;

use self::{flow::Flow, layers::Layers, place::Plan};
use super::{layered::order, picture::Picture};

/// Wider than this, a page has to shrink an image until its letters cannot be read.
const WIDEST: i64 = 1600;

/// Draws a picture as an SVG image.
pub fn svg(picture: &Picture<'_>) -> String {
    let (layers, plan) = lay_out(picture, Flow::Right);
    if plan.size(Flow::Right).0 <= WIDEST {
        return paint::paint(picture, &layers, &plan, Flow::Right);
    }
    let (layers_down, plan_down) = lay_out(picture, Flow::Down);
    if plan_down.size(Flow::Down).0 < plan.size(Flow::Right).0 {
        paint::paint(picture, &layers_down, &plan_down, Flow::Down)
    } else {
        paint::paint(picture, &layers, &plan, Flow::Right)
    }
}

fn lay_out(picture: &Picture<'_>, flow: Flow) -> (Layers, Plan) {
    let mut layers = Layers::of(picture, flow);
    order(&mut layers.ranks, &layers.links);
    let plan = place::place(&layers, flow);
    (layers, plan)
}

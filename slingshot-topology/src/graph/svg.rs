//! SVG that needs no tool and no script: laid out here, readable on light and dark pages.
//!
//! The layout is Sugiyama's: ranks from left to right, longest path first; an order within the ranks
//! with few crossings; places that keep arrows straight. Every label is an item of a rank of its
//! own, so that nothing is written over anything else. All lengths are whole pixels, so that the
//! same system gives the same bytes everywhere.

mod layers;
mod lettering;
mod order;
mod paint;
mod place;

use super::picture::Picture;
use crate::system::System;

/// Draws a system as an SVG image.
pub fn svg(system: &System) -> String {
    let picture = Picture::of(system);
    let mut layers = layers::Layers::of(&picture);
    order::order(&mut layers);
    let plan = place::place(&layers);
    paint::paint(&picture, &layers, &plan)
}

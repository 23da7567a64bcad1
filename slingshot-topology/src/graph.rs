//! Drawings of a system's graph: services as boxes, the queues that enter and leave the system as
//! rounded ends, an arrow for each pair with its cases as the label.
//!
//! A [`Picture`] says what is drawn: all of a system or a part, services one by one or in groups, with marks.
//! Each format draws any picture. A system with errors has one too.

mod ascii;
mod d2;
mod dot;
mod json;
mod layered;
mod mark;
mod mermaid;
mod picture;
mod svg;

pub use self::{
    ascii::{Fit, ascii},
    d2::d2,
    dot::dot,
    json::json,
    mark::Mark,
    mermaid::{mermaid, mermaid_within_limits},
    picture::{Collapse, Highlight, HighlightError, Picture},
    svg::svg,
};

#[cfg(test)]
mod tests;

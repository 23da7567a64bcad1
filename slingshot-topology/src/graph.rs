//! Drawings of a system's graph: services as boxes, the queues that enter and leave the system as
//! rounded ends, an arrow for each pair with its cases as the label.

mod dot;
mod mermaid;
mod picture;
mod svg;

pub use self::{dot::dot, mermaid::mermaid, svg::svg};

#[cfg(test)]
mod tests;

//! A picture as a list: every box with what it leads to.

use std::fmt::Write as _;

use super::boxes::fitting;
use crate::graph::{
    layered::{ranks, ways_back},
    picture::{Kind, Node, Picture},
};

/// Lists a picture along the flow.
pub(super) fn outline(picture: &Picture<'_>) -> String {
    let ranks = ranks(picture, &ways_back(picture));
    let leaving = picture.leaving();
    let mut nodes: Vec<usize> = (0..picture.nodes.len()).collect();
    nodes.sort_by_key(|&node| ranks[node]);
    let mut out = String::new();
    for node in nodes {
        let content = &picture.nodes[node];
        // The queues at the far end stand beside the arrows that lead there.
        if !content.kind.is_of_services() && leaving[node].is_empty() {
            continue;
        }
        let note = content
            .note
            .iter()
            .map(|note| format!("  {}", fitting(note)));
        writeln!(out, "{}{}", title(content), note.collect::<String>())
            .expect("a string takes every write");
        for (place, &arrow) in leaving[node].iter().enumerate() {
            let is_last = place + 1 == leaving[node].len();
            let arrow = &picture.arrows[arrow];
            let label = match &*arrow.label {
                "" => String::new(),
                label => format!(" {} ─", fitting(label)),
            };
            let (corner, target) = (if is_last { '└' } else { '├' }, &picture.nodes[arrow.to]);
            writeln!(out, "{corner}─{label}▶ {}", title(target))
                .expect("a string takes every write");
        }
    }
    out
}

fn title(node: &Node<'_>) -> String {
    let name = fitting(&node.name);
    match node.kind {
        Kind::Service | Kind::Group => name,
        Kind::Source | Kind::Sink => format!("( {name} )"),
        Kind::Loose => format!("! {name} !"),
        Kind::End => "●".to_owned(),
    }
}

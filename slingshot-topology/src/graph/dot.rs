//! Graphviz' dot language.

use std::fmt::{self, Write as _};

use super::picture::{Arrow, Kind, Node, Picture};
use crate::render::visible;

const HEAD: &str = "digraph system {
  rankdir=LR
  node [fontname=\"Helvetica\", shape=box, style=\"rounded,filled\", fillcolor=white]
  edge [fontname=\"Helvetica\", fontsize=11]
";

/// Draws a picture as a dot graph.
pub fn dot(picture: &Picture<'_>) -> String {
    let mut out = HEAD.to_owned();
    write(picture, &mut out).expect("a string takes every write");
    out
}

fn write(picture: &Picture<'_>, out: &mut String) -> fmt::Result {
    for (index, node) in picture.nodes.iter().enumerate() {
        writeln!(out, "  n{index} [{}]", of_node(node).join(", "))?;
    }
    for arrow in &picture.arrows {
        write!(out, "  n{} -> n{}", arrow.from, arrow.to)?;
        match &*of_arrow(arrow) {
            [] => out.push('\n'),
            attributes => writeln!(out, " [{}]", attributes.join(", "))?,
        }
    }
    out.write_str("}\n")
}

fn of_node(node: &Node<'_>) -> Vec<String> {
    let name = match &node.note {
        Some(note) => quote(&format!("{}\n{note}", node.name)),
        None => quote(&node.name),
    };
    let mut attributes = match node.kind {
        Kind::End => vec!["label=\"\", shape=point, width=0.15".to_owned()],
        _ => vec![format!("label={name}")],
    };
    attributes.extend(match node.kind {
        Kind::Service | Kind::End => None,
        Kind::Group => Some("peripheries=2".to_owned()),
        Kind::Source => Some("shape=cds, fillcolor=\"#ddf4ff\"".to_owned()),
        Kind::Sink => Some("shape=cds, fillcolor=\"#dafbe1\"".to_owned()),
        Kind::Loose => Some("style=\"dashed,filled\", fillcolor=\"#fff1e5\"".to_owned()),
    });
    attributes.extend(
        node.mark
            .map(|mark| format!("color=\"{}\", penwidth=3", mark.color())),
    );
    attributes
}

fn of_arrow(arrow: &Arrow<'_>) -> Vec<String> {
    let label = (!arrow.label.is_empty()).then(|| format!("label={}", quote(&arrow.label)));
    let mark = arrow.mark.map(|mark| {
        let color = mark.color();
        format!("color=\"{color}\", fontcolor=\"{color}\", penwidth=2.5")
    });
    label.into_iter().chain(mark).collect()
}

fn quote(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"");
    let escaped = escaped.replace('\n', "\\n").replace('\r', "");
    format!("\"{}\"", visible(&escaped))
}

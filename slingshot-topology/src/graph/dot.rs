//! Graphviz' dot language.

use std::fmt::{self, Write as _};

use super::picture::{Kind, Node, Picture};
use crate::system::System;

const HEAD: &str = "digraph system {
  rankdir=LR
  node [fontname=\"Helvetica\", shape=box, style=\"rounded,filled\", fillcolor=white]
  edge [fontname=\"Helvetica\", fontsize=11]
";

/// Draws a system as a dot graph.
pub fn dot(system: &System) -> String {
    let picture = Picture::of(system);
    let mut out = HEAD.to_owned();
    write(&picture, &mut out).expect("a string takes every write");
    out
}

fn write(picture: &Picture<'_>, out: &mut String) -> fmt::Result {
    for (index, node) in picture.nodes.iter().enumerate() {
        writeln!(out, "  n{index} [{}]", attributes(node))?;
    }
    for arrow in &picture.arrows {
        write!(out, "  n{} -> n{}", arrow.from, arrow.to)?;
        if !arrow.label.is_empty() {
            write!(out, " [label={}]", quote(&arrow.label))?;
        }
        out.push('\n');
    }
    out.write_str("}\n")
}

fn attributes(node: &Node<'_>) -> String {
    let name = match &node.note {
        Some(note) => quote(&format!("{}\n{note}", node.name)),
        None => quote(node.name),
    };
    match node.kind {
        Kind::Service => format!("label={name}"),
        Kind::Source => format!("label={name}, shape=cds, fillcolor=\"#ddf4ff\""),
        Kind::Sink => format!("label={name}, shape=cds, fillcolor=\"#dafbe1\""),
        Kind::Loose => {
            format!("label={name}, style=\"dashed,filled\", fillcolor=\"#fff1e5\"")
        }
        Kind::End => "label=\"\", shape=point, width=0.15".to_owned(),
    }
}

fn quote(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{}\"", escaped.replace('\n', "\\n").replace('\r', ""))
}

//! Mermaid, which GitHub and GitLab draw inside Markdown.

use std::fmt::{self, Write as _};

use super::picture::{Kind, Picture};
use crate::system::System;

const STYLES: &str = "  classDef source fill:#ddf4ff,stroke:#0969da,color:#0a3069
  classDef sink fill:#dafbe1,stroke:#1a7f37,color:#044f1e
  classDef loose fill:#fff1e5,stroke:#bc4c00,color:#762c00,stroke-dasharray:4
  classDef done fill:#eaeef2,stroke:#6e7781,color:#424a53
";

/// Draws a system as a Mermaid flowchart.
pub fn mermaid(system: &System) -> String {
    let picture = Picture::of(system);
    let mut out = "flowchart LR\n".to_owned();
    write(&picture, &mut out).expect("a string takes every write");
    out
}

fn write(picture: &Picture<'_>, out: &mut String) -> fmt::Result {
    for (index, node) in picture.nodes.iter().enumerate() {
        let mut name = escape(node.name);
        if let Some(note) = &node.note {
            write!(name, "<br/><small>{}</small>", escape(note))?;
        }
        match node.kind {
            Kind::Service => writeln!(out, "  n{index}[\"{name}\"]")?,
            Kind::Source => writeln!(out, "  n{index}([\"{name}\"]):::source")?,
            Kind::Sink => writeln!(out, "  n{index}([\"{name}\"]):::sink")?,
            Kind::Loose => writeln!(out, "  n{index}([\"{name}\"]):::loose")?,
            Kind::End => writeln!(out, "  n{index}((\" \")):::done")?,
        }
    }
    for arrow in &picture.arrows {
        let (from, to) = (arrow.from, arrow.to);
        if arrow.label.is_empty() {
            writeln!(out, "  n{from} --> n{to}")?;
        } else {
            writeln!(out, "  n{from} -->|\"{}\"| n{to}", escape(&arrow.label))?;
        }
    }
    out.write_str(STYLES)
}

/// Mermaid's own entity codes, for what would end a label or become markup in it.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '"' => out.push_str("#quot;"),
            '#' => out.push_str("#35;"),
            '<' => out.push_str("#lt;"),
            '>' => out.push_str("#gt;"),
            '`' => out.push_str("#96;"),
            '\n' | '\r' => out.push(' '),
            other => out.push(other),
        }
    }
    out
}

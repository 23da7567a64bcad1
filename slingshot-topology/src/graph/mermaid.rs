//! Mermaid, which GitHub and GitLab draw inside Markdown.

use std::{
    collections::BTreeSet,
    fmt::{self, Write as _},
};

use super::{
    mark::Mark,
    picture::{Collapse, Kind, Picture},
};

const STYLES: &str = "  classDef source fill:#ddf4ff,stroke:#0969da,color:#0a3069
  classDef sink fill:#dafbe1,stroke:#1a7f37,color:#044f1e
  classDef loose fill:#fff1e5,stroke:#bc4c00,color:#762c00,stroke-dasharray:4
  classDef done fill:#eaeef2,stroke:#6e7781,color:#424a53
";

/// Mermaid's own limits, `maxEdges` and `maxTextSize`: past them it draws nothing, and pages on GitHub and
/// GitLab cannot raise them. <https://mermaid.js.org/config/schema-docs/config.html>
const MOST_EDGES: usize = 500;
const MOST_CHARACTERS: usize = 50_000;

/// What is tried in turn until a picture is small enough, the most telling first.
const SMALLER: [Collapse; 4] = [
    Collapse::Loop,
    Collapse::Tag,
    Collapse::Component,
    Collapse::Whole,
];

/// Draws a picture as a Mermaid flowchart.
pub fn mermaid(picture: &Picture<'_>) -> String {
    let mut out = "flowchart LR\n".to_owned();
    write(picture, &mut out).expect("a string takes every write");
    out
}

/// Draws a picture as a flowchart that Mermaid does not refuse, and says what had to be collapsed for that.
pub fn mermaid_within_limits(picture: &Picture<'_>) -> (String, Option<Collapse>) {
    let fitting = |picture: &Picture<'_>| {
        if picture.arrows.len() > MOST_EDGES {
            return None;
        }
        let drawn = mermaid(picture);
        (drawn.chars().count() <= MOST_CHARACTERS).then_some(drawn)
    };
    if let Some(drawn) = fitting(picture) {
        return (drawn, None);
    }
    let mut smaller = picture.clone();
    for by in SMALLER {
        smaller = picture.clone();
        smaller.collapse(by);
        if let Some(drawn) = fitting(&smaller) {
            return (drawn, Some(by));
        }
    }
    smaller.leave_out_queues();
    (mermaid(&smaller), Some(Collapse::Whole))
}

fn write(picture: &Picture<'_>, out: &mut String) -> fmt::Result {
    for (index, node) in picture.nodes.iter().enumerate() {
        let mut name = escape(&node.name);
        if let Some(note) = &node.note {
            write!(name, "<br/><small>{}</small>", escape(note))?;
        }
        match node.kind {
            Kind::Service => writeln!(out, "  n{index}[\"{name}\"]")?,
            Kind::Group => writeln!(out, "  n{index}[[\"{name}\"]]")?,
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
    out.write_str(STYLES)?;
    write_marks(picture, out)
}

fn write_marks(picture: &Picture<'_>, out: &mut String) -> fmt::Result {
    let marked = |mark: Mark| {
        let nodes = picture.nodes.iter().enumerate();
        let nodes = nodes.filter(move |(_, node)| node.mark == Some(mark));
        nodes.map(|(index, _)| format!("n{index}"))
    };
    let marks = picture.nodes.iter().filter_map(|node| node.mark);
    for mark in marks.collect::<BTreeSet<_>>() {
        let (word, color) = (mark.word(), mark.color());
        writeln!(out, "  classDef {word} stroke:{color},stroke-width:3px")?;
        let nodes: Vec<_> = marked(mark).collect();
        writeln!(out, "  class {} {word}", nodes.join(","))?;
    }
    for mark in Mark::ALL {
        let arrows = picture.arrows.iter().enumerate();
        let arrows = arrows.filter(|(_, arrow)| arrow.mark == Some(mark));
        let arrows: Vec<_> = arrows.map(|(index, _)| index.to_string()).collect();
        if !arrows.is_empty() {
            let (arrows, color) = (arrows.join(","), mark.color());
            writeln!(out, "  linkStyle {arrows} stroke:{color},stroke-width:3px")?;
        }
    }
    Ok(())
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
            control if control.is_control() => out.push(' '),
            other => out.push(other),
        }
    }
    out
}

//! D2, <https://d2lang.com>.

use std::fmt::{self, Write as _};

use super::picture::{Kind, Picture};

/// Draws a picture as a D2 diagram.
pub fn d2(picture: &Picture<'_>) -> String {
    let mut out = "direction: right\n".to_owned();
    write(picture, &mut out).expect("a string takes every write");
    out
}

fn write(picture: &Picture<'_>, out: &mut String) -> fmt::Result {
    for (index, node) in picture.nodes.iter().enumerate() {
        let name = match &node.note {
            Some(note) => quote(&format!("{}\n{note}", node.name)),
            None => quote(&node.name),
        };
        let (label, shape) = match node.kind {
            Kind::Service => (name, "style.border-radius: 8"),
            Kind::Group => (name, "style.multiple: true"),
            Kind::Source => (
                name,
                "shape: queue; style.fill: \"#ddf4ff\"; style.font-color: \"#0a3069\"",
            ),
            Kind::Sink => (
                name,
                "shape: queue; style.fill: \"#dafbe1\"; style.font-color: \"#044f1e\"",
            ),
            Kind::Loose => (
                name,
                "shape: queue; style.stroke-dash: 4; style.fill: \"#fff1e5\"; style.font-color: \"#762c00\"",
            ),
            Kind::End => ("\"\"".to_owned(), "shape: circle; width: 20; height: 20"),
        };
        write!(out, "n{index}: {label} {{{shape}")?;
        if let Some(mark) = node.mark {
            write!(
                out,
                "; style.stroke: \"{}\"; style.stroke-width: 4",
                mark.color()
            )?;
        }
        out.write_str("}\n")?;
    }
    for arrow in &picture.arrows {
        write!(out, "n{} -> n{}", arrow.from, arrow.to)?;
        if !arrow.label.is_empty() {
            write!(out, ": {}", quote(&arrow.label))?;
        }
        if let Some(mark) = arrow.mark {
            // A bare `{` would be read as part of nothing.
            let colon = if arrow.label.is_empty() { ":" } else { "" };
            let color = mark.color();
            write!(
                out,
                "{colon} {{style.stroke: \"{color}\"; style.stroke-width: 4}}"
            )?;
        }
        out.push('\n');
    }
    Ok(())
}

/// In double quotes, where `\` takes every character as it is: `$` would begin a substitution.
fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for character in text.chars() {
        match character {
            '\n' => out.push_str("\\n"),
            '"' | '\\' | '$' => out.extend(['\\', character]),
            control if control.is_control() => out.push(' '),
            other => out.push(other),
        }
    }
    out.push('"');
    out
}

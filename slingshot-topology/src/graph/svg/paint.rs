//! The image: arrows, then boxes and labels on top of them.

use std::fmt::{self, Write as _};

use super::{
    super::picture::{Kind, Picture},
    layers::{CASE, CORNERS, Chain, LABEL, Layers, PORT_STEP, SELF_LOOP, What},
    lettering::{shorten, width},
    place::Plan,
};

/// Light by default, dark where the page prefers it. Every text stands on a filled shape, so that
/// it can be read on any page even where the preference is not known.
const STYLE: &str = include_str!("style.css");

/// The length of an arrow's head.
const HEAD: i64 = 8;

/// Writes the image.
pub(super) fn paint(picture: &Picture<'_>, layers: &Layers, plan: &Plan) -> String {
    let mut out = String::new();
    let painter = Painter {
        picture,
        layers,
        plan,
    };
    painter.image(&mut out).expect("a string takes every write");
    out
}

struct Painter<'p> {
    picture: &'p Picture<'p>,
    layers: &'p Layers,
    plan: &'p Plan,
}

impl Painter<'_> {
    fn image(&self, out: &mut String) -> fmt::Result {
        let (width, height) = (self.plan.width, self.plan.height);
        writeln!(
            out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
             viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"services and their routes\">"
        )?;
        writeln!(out, "<style>\n{STYLE}</style>")?;
        for chain in &self.layers.chains {
            self.arrow(chain, out)?;
        }
        for &arrow in &self.layers.self_loops {
            self.self_loop(arrow, out)?;
        }
        for (item, content) in self.layers.items.iter().enumerate() {
            match content.what {
                What::Node(node) => self.node(node, out)?,
                What::Label(arrow) => {
                    let (left, right) = self.sides(item);
                    let middle = i64::midpoint(left, right);
                    self.label(arrow, (middle, self.plan.middles[item]), right - left, out)?;
                }
                What::Bend => {}
            }
        }
        out.write_str("</svg>\n")
    }

    /// The left and right edge of an item. Boxes of a rank are as wide as its widest.
    fn sides(&self, item: usize) -> (i64, i64) {
        let content = &self.layers.items[item];
        let (left, width) = self.plan.columns[content.rank];
        match content.what {
            What::Node(node) if self.picture.nodes[node].kind == Kind::End => {
                (left, left + content.width)
            }
            What::Node(_) | What::Bend => (left, left + width),
            What::Label(_) => {
                let left = left + (width - content.width) / 2;
                (left, left + content.width)
            }
        }
    }

    /// The height at which a chain meets one of its two boxes: arrows of one side stand apart, in
    /// the order of where they come from.
    fn port(&self, node: usize, neighbour: usize, on_the_right: bool) -> i64 {
        let item = &self.layers.items[node];
        let side = if on_the_right {
            &item.right
        } else {
            &item.left
        };
        let mut side = side.clone();
        side.sort_by_key(|&neighbour| (self.plan.middles[neighbour], neighbour));
        let place = side.iter().position(|&other| other == neighbour);
        let (Ok(place), Ok(last)) = (
            i64::try_from(place.unwrap_or(0)),
            i64::try_from(side.len() - 1),
        ) else {
            return self.plan.middles[node];
        };
        let room = item.body - CORNERS;
        let step = room.checked_div(last).unwrap_or(0).min(PORT_STEP);
        self.plan.middles[node] + place * step - last * step / 2
    }

    fn arrow(&self, chain: &Chain, out: &mut String) -> fmt::Result {
        let [first, .., last] = *chain.items else {
            return Ok(());
        };
        let after_first = chain.items[1];
        let before_last = chain.items[chain.items.len() - 2];
        let start = (self.sides(first).1, self.port(first, after_first, true));
        let end = (self.sides(last).0, self.port(last, before_last, false));
        let (start, end, class) = if chain.is_way_back {
            ((start.0 + HEAD, start.1), end, "line back")
        } else {
            (start, (end.0 - HEAD, end.1), "line")
        };
        write!(out, "<path class=\"{class}\" d=\"M{},{}", start.0, start.1)?;
        let mut from = start;
        for &item in &chain.items[1..chain.items.len() - 1] {
            // Level across the whole rank: a turn beside a label would run into a wider one.
            let (left, width) = self.plan.columns[self.layers.items[item].rank];
            let (right, middle) = (left + width, self.plan.middles[item]);
            curve(from, (left, middle), out)?;
            if right > left {
                write!(out, " H{right}")?;
            }
            from = (right, middle);
        }
        curve(from, end, out)?;
        out.write_str("\"/>\n")?;
        if chain.is_way_back {
            let tip = start.0 - HEAD;
            head((tip, start.1), (HEAD, 0), "head back", out)
        } else {
            head((end.0 + HEAD, end.1), (-HEAD, 0), "head", out)
        }
    }

    fn self_loop(&self, arrow: usize, out: &mut String) -> fmt::Result {
        let node = self.picture.arrows[arrow].from;
        let (left, right) = self.sides(node);
        let top = self.plan.middles[node] - self.layers.items[node].body / 2;
        let middle = i64::midpoint(left, right);
        let label = shorten(&self.picture.arrows[arrow].label);
        let label_width = width(&label, CASE) + 18;
        // Wide enough to be seen on both sides of the label.
        let reach = label_width / 2 + 12;
        let (leave, enter) = (middle + reach, middle - reach);
        let above = top - SELF_LOOP / 2;
        writeln!(
            out,
            "<path class=\"line back\" d=\"M{leave},{top} V{} Q{leave},{above} {},{above} H{} \
             Q{enter},{above} {enter},{} V{}\"/>",
            above + 8,
            leave - 8,
            enter + 8,
            above + 8,
            top - HEAD
        )?;
        head((enter, top), (0, -HEAD), "head back", out)?;
        self.label(arrow, (middle, above), label_width, out)
    }

    fn label(&self, arrow: usize, (x, y): (i64, i64), width: i64, out: &mut String) -> fmt::Result {
        let label = &self.picture.arrows[arrow].label;
        writeln!(
            out,
            "<g class=\"case\"><title>{}</title><rect x=\"{}\" y=\"{}\" width=\"{width}\" \
             height=\"{LABEL}\" rx=\"11\"/><text x=\"{x}\" y=\"{}\">{}</text></g>",
            escape(label),
            x - width / 2,
            y - LABEL / 2,
            y + 4,
            escape(&shorten(label)),
        )
    }

    fn node(&self, node: usize, out: &mut String) -> fmt::Result {
        let content = &self.picture.nodes[node];
        let (left, right) = self.sides(node);
        let (x, y) = (i64::midpoint(left, right), self.plan.middles[node]);
        let (class, corner) = match content.kind {
            Kind::Service => ("service", 9),
            Kind::Source => ("source", 18),
            Kind::Sink => ("sink", 18),
            Kind::Loose => ("loose", 18),
            Kind::End => {
                return writeln!(
                    out,
                    "<g class=\"end\"><title>{}</title><circle cx=\"{x}\" cy=\"{y}\" r=\"8\"/>\
                     <circle class=\"dot\" cx=\"{x}\" cy=\"{y}\" r=\"4\"/></g>",
                    content.name
                );
            }
        };
        let (width, height) = (right - left, self.layers.items[node].body);
        write!(
            out,
            "<g class=\"{class}\"><title>{}</title><rect x=\"{left}\" y=\"{}\" width=\"{width}\" \
             height=\"{height}\" rx=\"{corner}\"/>",
            escape(content.name),
            y - height / 2,
        )?;
        let name = escape(&shorten(content.name));
        match &content.note {
            None => write!(out, "<text x=\"{x}\" y=\"{}\">{name}</text>", y + 5)?,
            Some(note) => write!(
                out,
                "<text x=\"{x}\" y=\"{}\">{name}</text><text class=\"note\" x=\"{x}\" y=\"{}\">{}</text>",
                y - 3,
                y + 14,
                escape(&shorten(note)),
            )?,
        }
        out.write_str("</g>\n")
    }
}

/// From one place to another, leaving and arriving level.
fn curve(from: (i64, i64), to: (i64, i64), out: &mut String) -> fmt::Result {
    // So small a step would look like a slip of the pen.
    if (from.1 - to.1).abs() <= 3 {
        return write!(out, " L{},{}", to.0, to.1);
    }
    let turn = i64::midpoint(from.0, to.0);
    write!(out, " C{turn},{} {turn},{} {},{}", from.1, to.1, to.0, to.1)
}

/// An arrow's head: its tip, and the way from there to its base.
fn head(tip: (i64, i64), base: (i64, i64), class: &str, out: &mut String) -> fmt::Result {
    let (x, y) = (tip.0 + base.0, tip.1 + base.1);
    let (across_x, across_y) = (base.1 / 2, base.0 / 2);
    writeln!(
        out,
        "<path class=\"{class}\" d=\"M{},{} L{},{} L{},{} Z\"/>",
        tip.0,
        tip.1,
        x + across_x,
        y + across_y,
        x - across_x,
        y - across_y,
    )
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            // Not legal in XML, not even escaped.
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            other => out.push(other),
        }
    }
    out
}

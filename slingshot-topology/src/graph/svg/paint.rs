//! The image: arrows, then boxes and labels on top of them.

mod line;
mod ports;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::{self, Write as _},
};

use self::{
    line::{Line, head},
    ports::{Side, places},
};
use super::{
    super::{
        mark::Mark,
        picture::{Kind, Node, Picture},
    },
    flow::Flow,
    layers::{CORNERS, Chain, LABEL, Layers, PORT_STEP, SELF_LOOP, What, label_size},
    lettering::shorten,
    place::Plan,
};

/// Light by default, dark where the page prefers it. Every text stands on a filled shape, so that
/// it can be read on any page even where the preference is not known.
const STYLE: &str = include_str!("style.css");

/// The length of an arrow's head.
const HEAD: i64 = 8;

/// How far the second box of a group looks out behind the first.
const STACK: i64 = 4;

/// Writes the image.
pub(super) fn paint(picture: &Picture<'_>, layers: &Layers, plan: &Plan, flow: Flow) -> String {
    let mut out = String::new();
    let painter = Painter {
        picture,
        layers,
        plan,
        flow,
        places: places(layers, plan),
    };
    painter.image(&mut out).expect("a string takes every write");
    out
}

struct Painter<'p> {
    picture: &'p Picture<'p>,
    layers: &'p Layers,
    plan: &'p Plan,
    flow: Flow,
    places: BTreeMap<Side, i64>,
}

impl Painter<'_> {
    fn image(&self, out: &mut String) -> fmt::Result {
        let (width, height) = self.plan.size(self.flow);
        writeln!(
            out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
             viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"services and their routes\">"
        )?;
        writeln!(out, "<style>\n{STYLE}{}</style>", self.marks())?;
        // Where arrows share a line, the one that matters is seen.
        let mut chains: Vec<_> = self.layers.chains.iter().collect();
        chains.sort_by_key(|chain| self.picture.arrows[chain.arrow].mark);
        for chain in chains {
            self.arrow(chain, out)?;
        }
        for &arrow in &self.layers.self_loops {
            self.self_loop(arrow, out)?;
        }
        for (item, content) in self.layers.items.iter().enumerate() {
            match content.what {
                What::Node(node) => self.node(node, out)?,
                What::Label(arrow) => {
                    let (start, end) = self.sides(item);
                    let middle = (i64::midpoint(start, end), self.plan.middles[item]);
                    self.label(arrow, self.flow.turn(middle), out)?;
                }
                What::Bend => {}
            }
        }
        out.write_str("</svg>\n")
    }

    /// The styles of the marks that are there, which win over all others.
    fn marks(&self) -> String {
        let nodes = self.picture.nodes.iter().filter_map(|node| node.mark);
        let arrows = self.picture.arrows.iter().filter_map(|arrow| arrow.mark);
        let marks: BTreeSet<Mark> = nodes.chain(arrows).collect();
        let style = |mark: Mark| {
            let (word, color) = (mark.word(), mark.color());
            let gone = match mark {
                Mark::Removed => " stroke-dasharray: 2 3;",
                _ => "",
            };
            format!(
                ".line.{word} {{ stroke: {color}; stroke-width: 2.5;{gone} }}\n\
                 .head.{word} {{ fill: {color}; }}\n\
                 .{word} rect, .{word} circle, .{word} .stack \
                 {{ stroke: {color}; stroke-width: 2.5;{gone} }}\n"
            )
        };
        marks.into_iter().map(style).collect()
    }

    /// Where an item begins and ends along the flow. Boxes of a rank are as long as its longest.
    fn sides(&self, item: usize) -> (i64, i64) {
        let content = &self.layers.items[item];
        let (start, length) = self.plan.bands[content.rank];
        match content.what {
            What::Node(node) if self.picture.nodes[node].kind == Kind::End => {
                (start, start + content.length)
            }
            What::Node(_) | What::Bend => (start, start + length),
            What::Label(_) => {
                let start = start + (length - content.length) / 2;
                (start, start + content.length)
            }
        }
    }

    /// Where across the flow a chain meets one of its two boxes: arrows of one side stand apart, in the
    /// order of where they come from.
    fn port(&self, node: usize, neighbour: usize, leaves: bool) -> i64 {
        let links = &self.layers.links;
        let side = if leaves { &links.after } else { &links.before };
        let last = i64::try_from(side[node].len().saturating_sub(1)).unwrap_or(i64::MAX);
        let place = self.places.get(&(node, leaves, neighbour)).copied();
        let room = self.layers.items[node].breadth - CORNERS;
        let step = room.checked_div(last).unwrap_or(0).min(PORT_STEP);
        self.plan.middles[node] + place.unwrap_or(0) * step - last * step / 2
    }

    fn arrow(&self, chain: &Chain, out: &mut String) -> fmt::Result {
        let [first, second, .., last] = *chain.items else {
            return Ok(());
        };
        let before_last = chain.items[chain.items.len() - 2];
        let start = (self.sides(first).1, self.port(first, second, true));
        let end = (self.sides(last).0, self.port(last, before_last, false));
        let (tip, base) = if chain.is_way_back {
            (start, (start.0 + HEAD, start.1))
        } else {
            (end, (end.0 - HEAD, end.1))
        };
        let (start, end) = if chain.is_way_back {
            (base, end)
        } else {
            (start, base)
        };
        let mark = self.picture.arrows[chain.arrow].mark;
        let class = class(if chain.is_way_back { "back" } else { "" }, mark);
        let mut line = Line::from(self.flow, start);
        for &item in &chain.items[1..chain.items.len() - 1] {
            // Straight across the whole rank: a turn beside a label would run into a wider one.
            let (start, length) = self.plan.bands[self.layers.items[item].rank];
            let middle = self.plan.middles[item];
            line.curve((start, middle));
            line.straight((start + length, middle));
        }
        line.curve(end);
        writeln!(out, "<path class=\"line{class}\" d=\"{}\"/>", line.path())?;
        let (tip, base) = (self.flow.turn(tip), self.flow.turn(base));
        head(tip, base, &format!("head{class}"), out)
    }

    /// An arrow from the side of a box that lies across the flow, back to that side.
    fn self_loop(&self, arrow: usize, out: &mut String) -> fmt::Result {
        const TURN: i64 = 8;
        let content = &self.picture.arrows[arrow];
        let (start, end) = self.sides(content.from);
        let item = &self.layers.items[content.from];
        let edge = self.plan.middles[content.from] - item.breadth / 2;
        let (length, breadth) = self.flow.turn(label_size(&content.label));
        let middle = i64::midpoint(start, end);
        // Long enough to be seen on both sides of the label.
        let reach = length / 2 + 12;
        let far = edge - i64::midpoint(breadth, SELF_LOOP);
        let mut line = Line::from(self.flow, (middle + reach, edge));
        line.straight((middle + reach, far + TURN));
        line.corner((middle + reach, far), (middle + reach - TURN, far));
        line.straight((middle - reach + TURN, far));
        line.corner((middle - reach, far), (middle - reach, far + TURN));
        line.straight((middle - reach, edge - HEAD));
        let class = class("back", content.mark);
        writeln!(out, "<path class=\"line{class}\" d=\"{}\"/>", line.path())?;
        let tip = self.flow.turn((middle - reach, edge));
        let base = self.flow.turn((middle - reach, edge - HEAD));
        head(tip, base, &format!("head{class}"), out)?;
        self.label(arrow, self.flow.turn((middle, far)), out)
    }

    fn label(&self, arrow: usize, (x, y): (i64, i64), out: &mut String) -> fmt::Result {
        let content = &self.picture.arrows[arrow];
        let (width, height) = label_size(&content.label);
        writeln!(
            out,
            "<g class=\"case{}\"><title>{}</title><rect x=\"{}\" y=\"{}\" width=\"{width}\" \
             height=\"{height}\" rx=\"11\"/><text x=\"{x}\" y=\"{}\">{}</text></g>",
            class("", content.mark),
            escape(&content.label),
            x - width / 2,
            y - LABEL / 2,
            y + 4,
            escape(&shorten(&content.label)),
        )
    }

    fn node(&self, node: usize, out: &mut String) -> fmt::Result {
        let content = &self.picture.nodes[node];
        let (start, end) = self.sides(node);
        let middle = (i64::midpoint(start, end), self.plan.middles[node]);
        let (x, y) = self.flow.turn(middle);
        let (kind, corner) = match content.kind {
            Kind::Service => ("service", 9),
            Kind::Group => ("group", 9),
            Kind::Source => ("source", 18),
            Kind::Sink => ("sink", 18),
            Kind::Loose => ("loose", 18),
            Kind::End => return end_of_results(content, (x, y), out),
        };
        let (width, height) = self
            .flow
            .turn((end - start, self.layers.items[node].breadth));
        let (left, top) = (x - width / 2, y - height / 2);
        let class = class("", content.mark);
        let title = escape(&content.name);
        write!(out, "<g class=\"{kind}{class}\"><title>{title}</title>")?;
        if content.kind == Kind::Group {
            write!(
                out,
                "<path class=\"stack\" d=\"M{},{} V{} H{} V{} H{}\"/>",
                left + 9,
                top,
                top - STACK,
                left + width + STACK,
                top + height - 9,
                left + width,
            )?;
        }
        write!(
            out,
            "<rect x=\"{left}\" y=\"{top}\" width=\"{width}\" height=\"{height}\" rx=\"{corner}\"/>"
        )?;
        let name = escape(&shorten(&content.name));
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

fn end_of_results(content: &Node<'_>, (x, y): (i64, i64), out: &mut String) -> fmt::Result {
    writeln!(
        out,
        "<g class=\"end{}\"><title>{}</title><circle cx=\"{x}\" cy=\"{y}\" r=\"8\"/>\
         <circle class=\"dot\" cx=\"{x}\" cy=\"{y}\" r=\"4\"/></g>",
        class("", content.mark),
        escape(&content.name)
    )
}

/// ` back highlighted`.
fn class(word: &str, mark: Option<Mark>) -> String {
    let words = ["", word, mark.map_or("", Mark::word)];
    let mut words: Vec<_> = words.into_iter().collect();
    words.dedup();
    words.join(" ").trim_end().to_owned()
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            // Not legal in XML, not even escaped; the last of the control characters is, and shows nothing.
            '\0'..='\u{1f}' | '\u{7f}' | '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            other => out.push(other),
        }
    }
    out
}

//! What is written in the boxes.

use unicode_width::UnicodeWidthChar as _;

use crate::graph::{
    mark::Mark,
    picture::{Kind, Node, Picture},
};

/// The most columns of a name or of a line's cases.
const LONGEST: usize = 32;

/// The boxes, and the part of the picture that arrows connect: where results end is a sign in a box.
pub(super) struct Boxes<'s> {
    pub(super) picture: Picture<'s>,
    /// One for each node of the picture.
    pub(super) all: Vec<Content>,
}

/// A box's text.
#[derive(Debug)]
pub(super) struct Content {
    pub(super) frame: Frame,
    /// The name, and what stands below it.
    pub(super) head: Vec<String>,
    /// The cases that lead to another box, each with its arrow.
    pub(super) ports: Vec<(usize, String)>,
    /// The cases that lead nowhere else, each with its sign.
    pub(super) ends: Vec<String>,
}

/// What a box is drawn with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Frame {
    Plain,
    /// Several services.
    Double,
    /// Marked.
    Heavy,
    /// A queue: no frame, but a character on both sides.
    Sides(char, char),
}

impl<'s> Boxes<'s> {
    pub(super) fn of(picture: &Picture<'s>) -> Self {
        let is_end = |node: usize| picture.nodes[node].kind == Kind::End;
        let mut ends = vec![Vec::new(); picture.nodes.len()];
        for arrow in &picture.arrows {
            if is_end(arrow.to) {
                ends[arrow.from].push(sentence(&arrow.label, arrow.mark, "●"));
            } else if arrow.from == arrow.to {
                ends[arrow.from].push(sentence(&arrow.label, arrow.mark, "↻"));
            }
        }
        let mut shown = picture.clone();
        shown.retain_nodes(|node| !is_end(node));
        let nodes = picture.nodes.iter().zip(ends);
        let nodes = nodes.filter(|(node, _)| node.kind != Kind::End);
        let mut all: Vec<Content> = nodes
            .map(|(node, ends)| Content {
                frame: Frame::of(node),
                head: head(node),
                ports: Vec::new(),
                ends,
            })
            .collect();
        for (index, arrow) in shown.arrows.iter().enumerate() {
            if arrow.from != arrow.to {
                let words = sentence(&arrow.label, arrow.mark, "");
                all[arrow.from].ports.push((index, words));
            }
        }
        Self {
            picture: shown,
            all,
        }
    }

    /// What the signs mean that are there.
    pub(super) fn legend(&self) -> String {
        let has_end = |sign: &str| {
            let mut ends = self.all.iter().flat_map(|content| &content.ends);
            ends.any(|text| text.ends_with(sign))
        };
        let has_kind = |kinds: &[Kind]| {
            let mut nodes = self.picture.nodes.iter();
            nodes.any(|node| kinds.contains(&node.kind))
        };
        let nodes = self.picture.nodes.iter().map(|node| node.mark);
        let arrows = self.picture.arrows.iter().map(|arrow| arrow.mark);
        let marks: Vec<_> = nodes.chain(arrows).flatten().collect();
        let mut words = Vec::new();
        let outside = has_kind(&[Kind::Source, Kind::Sink]);
        words.extend(outside.then(|| "( ) fed or drained from outside".to_owned()));
        words.extend(has_kind(&[Kind::Loose]).then(|| "! ! read by nobody".to_owned()));
        words.extend(has_end("●").then(|| "● ends here".to_owned()));
        words.extend(has_end("↻").then(|| "↻ back to itself".to_owned()));
        let signs = Mark::ALL.iter().filter(|mark| marks.contains(mark));
        words.extend(signs.map(|&mark| format!("{} {}", sign(mark), mark.word())));
        if words.is_empty() {
            return String::new();
        }
        format!("\n{}\n", words.join("   "))
    }
}

impl Content {
    /// How many columns its longest text takes.
    fn text_width(&self) -> usize {
        let ports = self.ports.iter().map(|(_, words)| words);
        let texts = self.head.iter().chain(ports).chain(&self.ends);
        texts.map(|text| columns(text)).max().unwrap_or(0)
    }

    pub(super) fn width(&self) -> usize {
        self.text_width() + 4
    }

    /// How many rows it takes.
    pub(super) fn height(&self) -> usize {
        match self.frame {
            Frame::Sides(..) => self.head.len().max(self.ports.len()),
            _ => self.head.len() + self.ports.len() + self.ends.len() + 2,
        }
    }

    /// The row in which arrows arrive.
    pub(super) fn arrival(&self) -> usize {
        match self.frame {
            Frame::Sides(..) => 0,
            _ => 1,
        }
    }

    /// The row of the first case.
    pub(super) fn first_port(&self) -> usize {
        match self.frame {
            Frame::Sides(..) => 0,
            _ => 1 + self.head.len(),
        }
    }
}

impl Frame {
    fn of(node: &Node<'_>) -> Self {
        match (node.kind, node.mark) {
            (Kind::Source | Kind::Sink, _) => Self::Sides('(', ')'),
            (Kind::Loose, _) => Self::Sides('!', '!'),
            (_, Some(_)) => Self::Heavy,
            (Kind::Group, None) => Self::Double,
            (Kind::Service | Kind::End, None) => Self::Plain,
        }
    }
}

fn head(node: &Node<'_>) -> Vec<String> {
    let note = node.note.iter().map(|note| fitting(note));
    let name = sentence(&node.name, node.mark, "");
    std::iter::once(name).chain(note).collect()
}

/// `+ text ●`.
fn sentence(text: &str, mark: Option<Mark>, after: &str) -> String {
    let words = [mark.map_or("", sign), &fitting(text), after].map(str::to_owned);
    let words: Vec<_> = words.into_iter().filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

fn sign(mark: Mark) -> &'static str {
    match mark {
        Mark::Added => "+",
        Mark::Removed => "-",
        Mark::Changed => "~",
        Mark::Highlighted => "*",
        Mark::Busy => "▲",
        Mark::Overloaded => "!",
    }
}

/// The text, or its start and an ellipsis, without what would move the cursor.
pub(super) fn fitting(text: &str) -> String {
    let printable = |c: char| {
        if c.width().is_some_and(|width| width > 0) {
            c
        } else {
            '\u{fffd}'
        }
    };
    let text: String = text.chars().map(printable).collect();
    if columns(&text) <= LONGEST {
        return text;
    }
    let mut cut = String::new();
    let mut width = 1;
    for character in text.chars() {
        width += character.width().unwrap_or(1);
        if width > LONGEST {
            break;
        }
        cut.push(character);
    }
    cut + "…"
}

/// How many columns a text takes that can be printed.
fn columns(text: &str) -> usize {
    text.chars().filter_map(char::width).sum()
}

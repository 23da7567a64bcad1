//! What a reader wants to see at once: a way, the loops, the findings of a rule.

use std::{collections::BTreeMap, str::FromStr};

use thiserror::Error;

use super::{Kind, Mark, Node, Picture, Way};
use crate::{
    diagnostic::{Diagnostic, did_you_mean},
    rules::RULES,
    source::Span,
};

/// What is to be highlighted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Highlight {
    /// Every way from one service or queue to another: `path:A..B`.
    Path {
        /// Where the ways begin.
        from: String,
        /// Where they end.
        to: String,
    },
    /// Whatever goes round: `cycle`.
    Cycle,
    /// What takes part in the findings of a rule, by its name.
    Rule(&'static str),
}

/// Why nothing can be highlighted.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum HighlightError {
    /// Neither a way, nor the loops, nor a rule.
    #[error("`{written}` is nothing to highlight")]
    Unknown {
        /// What was asked for.
        written: String,
        /// What was probably meant.
        suggestion: Option<&'static str>,
    },
    /// A path without both of its ends.
    #[error("`{0}` is no path: it needs both ends, as in path:sniff..archive")]
    NotAPath(String),
    /// An end of a path that is not there.
    #[error("there is no service and no outer queue `{name}`")]
    NoSuchEnd {
        /// What was asked for.
        name: String,
        /// What was probably meant.
        suggestion: Option<String>,
    },
}

impl FromStr for Highlight {
    type Err = HighlightError;

    fn from_str(text: &str) -> Result<Self, HighlightError> {
        if let Some(path) = text.strip_prefix("path:") {
            return match path.split_once("..") {
                Some((from, to)) if !from.is_empty() && !to.is_empty() => Ok(Self::Path {
                    from: from.to_owned(),
                    to: to.to_owned(),
                }),
                _ => Err(HighlightError::NotAPath(text.to_owned())),
            };
        }
        if text == "cycle" {
            return Ok(Self::Cycle);
        }
        let mut names = RULES.iter().map(|rule| rule.name);
        match names.clone().find(|name| *name == text) {
            Some(name) => Ok(Self::Rule(name)),
            None => Err(HighlightError::Unknown {
                written: text.to_owned(),
                suggestion: did_you_mean(text, names.by_ref().chain(["cycle"])),
            }),
        }
    }
}

impl HighlightError {
    /// What to do instead.
    pub fn help(&self) -> String {
        match self {
            Self::Unknown {
                suggestion: Some(name),
                ..
            } => format!("did you mean `{name}`?"),
            Self::NoSuchEnd {
                suggestion: Some(name),
                ..
            } => format!("did you mean `{name}`?"),
            Self::Unknown { .. } => {
                "highlight path:A..B, cycle, or a rule: docs/rules.md lists them".to_owned()
            }
            Self::NotAPath(_) => "write path:A..B".to_owned(),
            Self::NoSuchEnd { .. } => {
                "name services, or queues that are fed or drained from outside".to_owned()
            }
        }
    }
}

impl Picture<'_> {
    /// Marks every way from one box to another; whether there is any.
    ///
    /// # Errors
    ///
    /// If one of the two is not there.
    pub fn highlight_path(&mut self, from: &str, to: &str) -> Result<bool, HighlightError> {
        let (from, to) = (self.named(from, true)?, self.named(to, false)?);
        let arrows = || self.arrows.iter().map(|arrow| (arrow.from, arrow.to));
        let below = reached(self.nodes.len(), from, arrows());
        let above = reached(self.nodes.len(), to, arrows().map(|(from, to)| (to, from)));
        if !below[to] {
            return Ok(false);
        }
        self.mark_where(|node| below[node] && above[node]);
        Ok(true)
    }

    /// Marks what goes round; whether anything does.
    pub fn highlight_cycles(&mut self) -> bool {
        let part_of = self.loops();
        let mut sizes: BTreeMap<usize, usize> = BTreeMap::new();
        for &part in &part_of {
            *sizes.entry(part).or_default() += 1;
        }
        let mut found = false;
        for arrow in &mut self.arrows {
            let (from, to) = (arrow.from, arrow.to);
            let goes_round =
                from == to || (part_of[from] == part_of[to] && sizes[&part_of[to]] > 1);
            if goes_round {
                found = true;
                arrow.mark = Some(Mark::Highlighted);
                self.nodes[from].mark = Some(Mark::Highlighted);
                self.nodes[to].mark = Some(Mark::Highlighted);
            }
        }
        found
    }

    /// Marks what the labels of findings point at; whether they point at anything that is drawn.
    pub fn highlight_findings(&mut self, findings: &[Diagnostic]) -> bool {
        let places = Places::of(findings);
        let mut found = false;
        for node in &mut self.nodes {
            let touched = node.services.iter().any(|service| {
                let own = [
                    &service.name.span,
                    &service.inbound.span,
                    &service.routes_at,
                ];
                let tags = service.tags.iter().map(|tag| &tag.span);
                let buckets = service.buckets.iter();
                let buckets = buckets.flat_map(|bucket| [&bucket.key.span, &bucket.name.span]);
                own.into_iter()
                    .chain(tags)
                    .chain(buckets)
                    .any(|span| places.lie_in(span))
            });
            if touched || node.declared.is_some_and(|span| places.lie_in(span)) {
                found = true;
                node.mark = Some(Mark::Highlighted);
            }
        }
        for arrow in &mut self.arrows {
            if arrow.ways.iter().any(|way| places.touch(way)) {
                found = true;
                arrow.mark = Some(Mark::Highlighted);
                self.nodes[arrow.from].mark = Some(Mark::Highlighted);
                self.nodes[arrow.to].mark = Some(Mark::Highlighted);
            }
        }
        found
    }

    fn mark_where(&mut self, is_meant: impl Fn(usize) -> bool) {
        for (index, node) in self.nodes.iter_mut().enumerate() {
            if is_meant(index) {
                node.mark = Some(Mark::Highlighted);
            }
        }
        for arrow in &mut self.arrows {
            if is_meant(arrow.from) && is_meant(arrow.to) {
                arrow.mark = Some(Mark::Highlighted);
            }
        }
    }

    /// A service, or else a queue that is fed or drained from outside.
    fn named(&self, name: &str, is_start: bool) -> Result<usize, HighlightError> {
        let ends = || {
            self.nodes
                .iter()
                .enumerate()
                .filter(|(_, node)| node.kind != Kind::End)
        };
        let queues_last = |(_, node): &(usize, &Node<'_>)| {
            let far_end = if is_start { Kind::Sink } else { Kind::Source };
            (!node.kind.is_of_services(), node.kind == far_end)
        };
        let named = ends().filter(|(_, node)| node.name == name);
        match named.min_by_key(queues_last) {
            Some((index, _)) => Ok(index),
            None => Err(HighlightError::NoSuchEnd {
                name: name.to_owned(),
                suggestion: did_you_mean(name, ends().map(|(_, node)| &*node.name))
                    .map(str::to_owned),
            }),
        }
    }
}

/// What can be reached from a node, itself included.
fn reached(nodes: usize, start: usize, arrows: impl Iterator<Item = (usize, usize)>) -> Vec<bool> {
    let mut next = vec![Vec::new(); nodes];
    for (from, to) in arrows {
        next[from].push(to);
    }
    let mut reached = vec![false; nodes];
    let mut waiting = vec![start];
    while let Some(node) = waiting.pop() {
        if !std::mem::replace(&mut reached[node], true) {
            waiting.extend(&next[node]);
        }
    }
    reached
}

/// Where the labels of findings are: the first bytes, and the last.
struct Places<'d>(BTreeMap<(&'d str, usize), usize>);

impl<'d> Places<'d> {
    fn of(findings: &'d [Diagnostic]) -> Self {
        let labels = findings.iter().flat_map(|finding| &finding.labels);
        let mut places = BTreeMap::new();
        for Span { file, start, end } in labels.map(|label| &label.span) {
            // Of two that begin at one place, the shorter one says more.
            let known = places.entry((&*file.path, *start)).or_insert(*end);
            *known = (*known).min(*end);
        }
        Self(places)
    }

    /// Whether a label points into a place.
    fn lie_in(&self, span: &Span) -> bool {
        let path = &*span.file.path;
        let mut inside = self
            .0
            .range((path, span.start)..(path, span.end.max(span.start + 1)));
        inside.any(|(_, &end)| end <= span.end)
    }

    /// A label at one queue of a route means that queue; one elsewhere in the route means all of it.
    fn touch(&self, way: &Way<'_>) -> bool {
        if way.queue.is_some_and(|queue| self.lie_in(&queue.span)) {
            return true;
        }
        let mut queues = way.route.queues.iter();
        self.lie_in(&way.route.span) && !queues.any(|queue| self.lie_in(&queue.span))
    }
}

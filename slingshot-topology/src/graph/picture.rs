//! What every drawing shows: the boxes and arrows of a system, before they have a place or a syntax.

mod between;
mod collapse;
mod heat;

mod highlight;
mod keep;
mod label;

use std::{borrow::Cow, collections::BTreeMap};

use petgraph::{
    algo::kosaraju_scc,
    graph::{DiGraph, NodeIndex},
};

pub(crate) use self::label::bare;
use self::label::label;
pub use self::{
    collapse::Collapse,
    highlight::{Highlight, HighlightError},
};
use super::mark::Mark;
use crate::{
    source::{Span, Spanned},
    system::{Name, Route, Service, System},
    wiring::{Queue, Wiring},
};

/// Boxes and arrows, in the order of the file.
#[derive(Clone, Debug)]
pub struct Picture<'s> {
    pub(super) system: Option<&'s str>,
    pub(super) nodes: Vec<Node<'s>>,
    pub(super) arrows: Vec<Arrow<'s>>,
}

#[derive(Clone, Debug)]
pub(super) struct Node<'s> {
    pub(super) kind: Kind,
    pub(super) name: Cow<'s, str>,
    /// What stands below the name: the queue that a service reads, where it is called otherwise than
    /// the service; the members of a group.
    pub(super) note: Option<String>,
    /// The service, or all of a group; none for a queue.
    pub(super) services: Vec<&'s Service>,
    /// Where a queue is declared to be fed or drained from outside.
    pub(super) declared: Option<&'s Span>,
    pub(super) mark: Option<Mark>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// Fed from outside.
    Source,
    Service,
    /// Several services, drawn as one.
    Group,
    /// Drained from outside.
    Sink,
    /// Fed, and read by nobody.
    Loose,
    /// Where results end on purpose.
    End,
}

#[derive(Clone, Debug)]
pub(super) struct Arrow<'s> {
    pub(super) from: usize,
    pub(super) to: usize,
    /// What leads this way; nothing on arrows from sources.
    pub(super) ways: Vec<Way<'s>>,
    /// The cases, unless there is more to say.
    pub(super) label: String,
    pub(super) mark: Option<Mark>,
}

/// One mention of a queue in a route, or a route that ends.
#[derive(Clone, Copy, Debug)]
pub(super) struct Way<'s> {
    pub(super) service: &'s Service,
    pub(super) route: &'s Route,
    pub(super) queue: Option<&'s Spanned<Name>>,
}

impl Kind {
    /// The word of the JSON form.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Service => "service",
            Self::Group => "group",
            Self::Sink => "sink",
            Self::Loose => "unread",
            Self::End => "end",
        }
    }

    pub(super) fn is_of_services(self) -> bool {
        matches!(self, Self::Service | Self::Group)
    }
}

impl<'s> Picture<'s> {
    /// The whole system, whatever is wrong with it.
    pub fn of(system: &'s System) -> Self {
        let wiring = Wiring::of(system);
        let mut picture = Self {
            system: system.name.as_ref().map(|name| &*name.value),
            nodes: Vec::new(),
            arrows: Vec::new(),
        };
        let sources = wiring.queues.iter().filter(|queue| queue.source.is_some());
        for queue in sources.clone() {
            let index = picture.node(Kind::Source, queue.name);
            picture.nodes[index].declared = queue.source;
        }
        let first_service = picture.nodes.len();
        for service in &system.services {
            let index = picture.node(Kind::Service, &service.name.value);
            let queue = &service.inbound.value;
            let node = &mut picture.nodes[index];
            node.note = (*queue != service.name.value).then(|| format!("reads {queue}"));
            node.services = vec![service];
        }
        for (source, queue) in sources.enumerate() {
            for reader in &queue.readers {
                picture.arrow(source, first_service + reader, Vec::new());
            }
        }
        picture.routes(&wiring, first_service);
        picture
    }

    /// How many boxes and arrows there are.
    pub fn size(&self) -> (usize, usize) {
        (self.nodes.len(), self.arrows.len())
    }

    fn routes(&mut self, wiring: &Wiring<'s>, first_service: usize) {
        let mut outside: BTreeMap<&str, usize> = BTreeMap::new();
        for index in 0..wiring.service_count() {
            let mut ways: Vec<(usize, Vec<Way<'s>>)> = Vec::new();
            let mut place_of: BTreeMap<usize, usize> = BTreeMap::new();
            let mut end = None;
            let service = wiring.service(index);
            for route in &service.routes {
                let mut targets = Vec::new();
                for name in &route.queues {
                    let Some(queue) = wiring.queue(&name.value) else {
                        continue;
                    };
                    let readers = queue.readers.iter().map(|reader| first_service + reader);
                    targets.extend(readers.map(|reader| (reader, Some(name))));
                    if queue.sink.is_some() || queue.readers.is_empty() {
                        let node = outside.entry(queue.name);
                        targets.push((*node.or_insert_with(|| self.outside(queue)), Some(name)));
                    }
                }
                if route.queues.is_empty() {
                    let end = *end.get_or_insert_with(|| self.node(Kind::End, "ends here"));
                    targets.push((end, None));
                }
                for (target, queue) in targets {
                    let place = *place_of.entry(target).or_insert_with(|| {
                        ways.push((target, Vec::new()));
                        ways.len() - 1
                    });
                    ways[place].1.push(Way {
                        service,
                        route,
                        queue,
                    });
                }
            }
            for (to, ways) in ways {
                self.arrow(first_service + index, to, ways);
            }
        }
    }

    fn outside(&mut self, queue: &Queue<'s>) -> usize {
        let kind = if queue.sink.is_some() {
            Kind::Sink
        } else {
            Kind::Loose
        };
        let index = self.node(kind, queue.name);
        self.nodes[index].declared = queue.sink;
        index
    }

    fn node(&mut self, kind: Kind, name: impl Into<Cow<'s, str>>) -> usize {
        self.nodes.push(Node {
            kind,
            name: name.into(),
            note: None,
            services: Vec::new(),
            declared: None,
            mark: None,
        });
        self.nodes.len() - 1
    }

    fn arrow(&mut self, from: usize, to: usize, ways: Vec<Way<'s>>) {
        self.arrows.push(Arrow {
            from,
            to,
            label: label(&ways),
            ways,
            mark: None,
        });
    }

    /// The arrows that leave each node.
    pub(super) fn leaving(&self) -> Vec<Vec<usize>> {
        let mut leaving = vec![Vec::new(); self.nodes.len()];
        for (index, arrow) in self.arrows.iter().enumerate() {
            leaving[arrow.from].push(index);
        }
        leaving
    }

    /// For each node, which of the strongly connected parts it belongs to.
    fn loops(&self) -> Vec<usize> {
        let mut graph = DiGraph::<(), ()>::new();
        for _ in &self.nodes {
            graph.add_node(());
        }
        for arrow in &self.arrows {
            graph.add_edge(NodeIndex::new(arrow.from), NodeIndex::new(arrow.to), ());
        }
        // Kosaraju's, because petgraph's Tarjan recurses as deep as the longest path.
        let mut part_of = vec![0; self.nodes.len()];
        for (part, members) in kosaraju_scc(&graph).into_iter().enumerate() {
            for member in members {
                part_of[member.index()] = part;
            }
        }
        part_of
    }

    /// Keeps the nodes that are wanted, and the arrows between them.
    pub(super) fn retain_nodes(&mut self, is_wanted: impl Fn(usize) -> bool) {
        let mut places = Vec::with_capacity(self.nodes.len());
        let mut next = 0;
        for index in 0..self.nodes.len() {
            let wanted = is_wanted(index);
            places.push(wanted.then_some(next));
            next += usize::from(wanted);
        }
        let mut index = 0;
        self.nodes.retain(|_| {
            index += 1;
            places[index - 1].is_some()
        });
        self.arrows
            .retain_mut(|arrow| match (places[arrow.from], places[arrow.to]) {
                (Some(from), Some(to)) => {
                    (arrow.from, arrow.to) = (from, to);
                    true
                }
                _ => false,
            });
    }
}

//! How services and queues hang together: a graph with a node for each service and each queue.

mod build;
mod detours;
mod fan_out;
mod gates;
mod growth;
mod longest;
mod loops;
mod origins;
mod parts;
mod reach;
mod steps;
mod ways;

use petgraph::{graph::DiGraph, unionfind::UnionFind};
use smallvec::SmallVec;

pub(crate) use self::{detours::Detour, fan_out::FanOut, steps::Course, ways::Way};

use self::parts::Parts;
use crate::{
    facts::Facts,
    hashing::{HashSet, Numbers},
    source::Span,
    system::{Route, Service},
};

/// A system's graph. Services come first among the nodes, queues after them, both in the order of
/// the file.
pub(crate) struct Wiring<'s> {
    services: &'s [Service],
    pub(crate) queues: Vec<Queue<'s>>,
    /// The places of the queues by their names.
    numbers: Numbers,
    /// The places of the queues in every route, service by service, as the routes name them.
    targets: Vec<usize>,
    /// Where each route's begin, and after them where the last one's end.
    target_starts: Vec<usize>,
    /// Where each service's routes begin among all, and after them where the last one's end.
    route_starts: Vec<usize>,
    /// Whether any route says how many results it gets.
    has_shares: bool,
    /// The place of each service's own queue.
    inbounds: Vec<usize>,
    graph: DiGraph<(), ()>,
    parts: Parts,
    loops: Vec<Vec<usize>>,
    loop_of: Vec<Option<usize>>,
}

/// A queue that anything in the system names.
#[derive(Debug)]
pub(crate) struct Queue<'s> {
    pub(crate) name: &'s str,
    /// Where the name was met first.
    pub(crate) at: &'s Span,
    /// Who publishes to it.
    pub(crate) feeds: Vec<Feed<'s>>,
    /// Who reads it: most often one service.
    pub(crate) readers: SmallVec<[usize; 2]>,
    /// Where it is declared to be fed from outside.
    pub(crate) source: Option<&'s Span>,
    /// Where it is declared to be drained from outside.
    pub(crate) sink: Option<&'s Span>,
}

/// One mention of a queue in a route.
#[derive(Debug)]
pub(crate) struct Feed<'s> {
    pub(crate) service: usize,
    pub(crate) route: &'s Route,
    pub(crate) at: &'s Span,
}

impl<'s> Wiring<'s> {
    pub(crate) fn service(&self, index: usize) -> &'s Service {
        &self.services[index]
    }

    pub(crate) fn service_count(&self) -> usize {
        self.services.len()
    }

    pub(crate) fn queue(&self, name: &str) -> Option<&Queue<'s>> {
        self.queue_index(name).map(|index| &self.queues[index])
    }

    /// The place of a queue in [`Wiring::queues`].
    pub(crate) fn queue_index(&self, name: &str) -> Option<usize> {
        self.numbers.get(name)
    }

    /// The groups of nodes that lead to each other, each after all that it leads to: services by their place,
    /// queues by theirs after the services.
    pub(crate) fn parts(&self) -> Vec<Vec<usize>> {
        let parts = self.parts.iter();
        parts
            .map(|part| part.iter().map(|node| node.index()).collect())
            .collect()
    }

    /// The queue that a service reads.
    pub(crate) fn inbound(&self, service: usize) -> &Queue<'s> {
        &self.queues[self.inbounds[service]]
    }

    /// The queues where messages may come in, with their places.
    pub(crate) fn entrances(&self) -> impl Iterator<Item = (usize, &Queue<'s>)> {
        let queues = self.queues.iter().enumerate();
        queues.filter(|(_, queue)| queue.is_entrance())
    }

    /// The places of the queues of all routes of a service.
    pub(crate) fn targets(&self, service: usize) -> &[usize] {
        let [from, to] = [service, service + 1].map(|it| self.target_starts[self.route_starts[it]]);
        &self.targets[from..to]
    }

    /// The places of the queues of each route of a service. The routes themselves are spread over the memory of the
    /// whole map, and are not looked at.
    pub(crate) fn routes(&self, service: usize) -> impl Iterator<Item = &[usize]> {
        let starts =
            &self.target_starts[self.route_starts[service]..=self.route_starts[service + 1]];
        starts
            .windows(2)
            .map(|ends| &self.targets[ends[0]..ends[1]])
    }

    /// One route of a service, by its place among them.
    pub(crate) fn route(&self, service: usize, place: usize) -> &'s Route {
        &self.services[service].routes[place]
    }

    /// Whether a message can end at a service: without a result, or by leaving the system.
    pub(crate) fn has_end(&self, service: usize) -> bool {
        let is_end = |queue: &usize| self.queues[*queue].is_end();
        let mut routes = self.routes(service).peekable();
        routes.peek().is_none()
            || routes.any(|queues| queues.is_empty() || queues.iter().any(is_end))
    }

    /// The first service of each part of the graph that no queue connects to the others.
    pub(crate) fn islands(&self) -> Vec<usize> {
        let mut parts = UnionFind::new(self.graph.node_count());
        for edge in self.graph.edge_indices() {
            if let Some((from, to)) = self.graph.edge_endpoints(edge) {
                parts.union(from.index(), to.index());
            }
        }
        let mut known = HashSet::default();
        let services = 0..self.services.len();
        services
            .filter(|&service| known.insert(parts.find(service)))
            .collect()
    }
}

impl<'s> Queue<'s> {
    /// Every place that names the queue.
    pub(crate) fn mentions(&self, facts: &Facts<'s>) -> impl Iterator<Item = &'s Span> {
        let feeds = self.feeds.iter().map(|feed| feed.at);
        let readers = self.readers.iter();
        let readers = readers.map(|&reader| &facts.wiring.service(reader).inbound.span);
        let rates = facts.system.rates.iter();
        let rates = rates.filter(|rate| rate.queue.value == self.name);
        let declared = [self.source, self.sink].into_iter().flatten();
        let all = feeds.chain(readers).chain(declared);
        all.chain(rates.map(|rate| &rate.queue.span))
    }
}

impl Queue<'_> {
    /// Fed, read by no service, and not declared to be drained from outside.
    pub(crate) fn is_unread(&self) -> bool {
        !self.feeds.is_empty() && self.readers.is_empty() && self.sink.is_none()
    }

    /// Read, fed by no route, and not declared to be fed from outside.
    pub(crate) fn is_unfed(&self) -> bool {
        !self.readers.is_empty() && self.feeds.is_empty() && self.source.is_none()
    }

    /// Whether messages may come in here. A queue that nothing feeds counts: that is a finding of
    /// its own.
    pub(crate) fn is_entrance(&self) -> bool {
        self.source.is_some() || self.feeds.is_empty()
    }

    /// Whether messages leave the system here. A queue that nobody reads counts: that is a finding
    /// of its own.
    pub(crate) fn is_end(&self) -> bool {
        self.sink.is_some() || self.readers.is_empty()
    }
}

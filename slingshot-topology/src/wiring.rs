//! How services and queues hang together: a graph with a node for each service and each queue.

mod detours;
mod fan_out;
mod gates;
mod growth;
mod longest;
mod loops;
mod origins;
mod parts;
mod steps;
mod ways;

use petgraph::{
    Direction,
    graph::{DiGraph, NodeIndex},
    unionfind::UnionFind,
};

pub(crate) use self::{detours::Detour, fan_out::FanOut, steps::Course, ways::Way};

use self::parts::Parts;
use crate::{
    facts::Facts,
    hashing::{HashMap, HashSet, map_for},
    source::Span,
    system::{Route, Service, System},
};

/// A system's graph. Services come first among the nodes, queues after them, both in the order of
/// the file.
pub(crate) struct Wiring<'s> {
    services: &'s [Service],
    pub(crate) queues: Vec<Queue<'s>>,
    by_name: HashMap<&'s str, usize>,
    /// The places of the queues in every route, service by service, as the routes name them.
    targets: Vec<usize>,
    /// Where each service's begin, and after them where the last one's end.
    target_starts: Vec<usize>,
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
    /// Who reads it.
    pub(crate) readers: Vec<usize>,
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
    pub(crate) fn of(system: &'s System) -> Self {
        let mut wiring = Self {
            services: &system.services,
            queues: Vec::new(),
            by_name: map_for(system.services.len()),
            targets: Vec::new(),
            target_starts: Vec::with_capacity(system.services.len() + 1),
            inbounds: Vec::with_capacity(system.services.len()),
            graph: DiGraph::new(),
            parts: Parts::default(),
            loops: Vec::new(),
            loop_of: vec![None; system.services.len()],
        };
        for (index, service) in system.services.iter().enumerate() {
            let inbound = wiring.intern(&service.inbound.value, &service.inbound.span);
            wiring.queues[inbound].readers.push(index);
            wiring.inbounds.push(inbound);
            wiring.target_starts.push(wiring.targets.len());
            for route in &service.routes {
                for queue in &route.queues {
                    let target = wiring.intern(&queue.value, &queue.span);
                    wiring.targets.push(target);
                }
            }
        }
        wiring.target_starts.push(wiring.targets.len());
        wiring.feed();
        for source in &system.sources {
            if let Some(&queue) = wiring.by_name.get(&*source.value) {
                wiring.queues[queue].source = Some(&source.span);
            }
        }
        for sink in &system.sinks {
            if let Some(&queue) = wiring.by_name.get(&*sink.value) {
                wiring.queues[queue].sink = Some(&sink.span);
            }
        }
        wiring.connect();
        wiring.parts = Parts::of(&wiring.graph);
        wiring.loops = wiring.loops_of(wiring.parts.iter());
        for (index, members) in wiring.loops.iter().enumerate() {
            for &member in members {
                wiring.loop_of[member] = Some(index);
            }
        }
        wiring
    }

    /// Notes at each queue who publishes to it, in a second pass that knows how many there are.
    fn feed(&mut self) {
        let mut counts = vec![0; self.queues.len()];
        for &target in &self.targets {
            counts[target] += 1;
        }
        for (queue, count) in self.queues.iter_mut().zip(counts) {
            queue.feeds.reserve_exact(count);
        }
        let mut targets = self.targets.iter();
        for (service, of) in self.services.iter().enumerate() {
            let queues = of.routes.iter().flat_map(|route| {
                let queues = route.queues.iter();
                queues.map(move |queue| (route, &queue.span))
            });
            for ((route, at), &target) in queues.zip(&mut targets) {
                self.queues[target].feeds.push(Feed { service, route, at });
            }
        }
    }

    fn intern(&mut self, name: &'s str, at: &'s Span) -> usize {
        let next = self.queues.len();
        let index = *self.by_name.entry(name).or_insert(next);
        if index == next {
            self.queues.push(Queue {
                name,
                at,
                feeds: Vec::new(),
                readers: Vec::new(),
                source: None,
                sink: None,
            });
        }
        index
    }

    fn connect(&mut self) {
        let nodes = self.services.len() + self.queues.len();
        let edges = self.services.len() + self.targets.len();
        self.graph = DiGraph::with_capacity(nodes, edges);
        for _ in 0..nodes {
            self.graph.add_node(());
        }
        for (index, queue) in self.queues.iter().enumerate() {
            let queue_node = NodeIndex::new(self.services.len() + index);
            for feed in &queue.feeds {
                self.graph
                    .add_edge(NodeIndex::new(feed.service), queue_node, ());
            }
            for &reader in &queue.readers {
                self.graph.add_edge(queue_node, NodeIndex::new(reader), ());
            }
        }
    }

    pub(crate) fn service(&self, index: usize) -> &'s Service {
        &self.services[index]
    }

    pub(crate) fn service_count(&self) -> usize {
        self.services.len()
    }

    pub(crate) fn queue(&self, name: &str) -> Option<&Queue<'s>> {
        self.by_name.get(name).map(|&index| &self.queues[index])
    }

    /// The place of a queue in [`Wiring::queues`].
    pub(crate) fn queue_index(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
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
        &self.targets[self.target_starts[service]..self.target_starts[service + 1]]
    }

    /// The routes of a service, each with the places of its queues.
    pub(crate) fn routes(&self, service: usize) -> impl Iterator<Item = (&'s Route, &[usize])> {
        let mut rest = self.targets(service);
        self.services[service].routes.iter().map(move |route| {
            let (targets, others) = rest.split_at(route.queues.len());
            rest = others;
            (route, targets)
        })
    }

    /// Whether each service can be reached from one of the starts.
    pub(crate) fn downstream(&self, starts: impl IntoIterator<Item = usize>) -> Vec<bool> {
        self.reach(starts, Direction::Outgoing)
    }

    /// Whether each service can reach one of the ends.
    pub(crate) fn upstream(&self, ends: impl IntoIterator<Item = usize>) -> Vec<bool> {
        self.reach(ends, Direction::Incoming)
    }

    fn reach(&self, from: impl IntoIterator<Item = usize>, direction: Direction) -> Vec<bool> {
        let mut reached = vec![false; self.graph.node_count()];
        let mut waiting: Vec<NodeIndex> = from.into_iter().map(NodeIndex::new).collect();
        while let Some(node) = waiting.pop() {
            if !std::mem::replace(&mut reached[node.index()], true) {
                waiting.extend(self.graph.neighbors_directed(node, direction));
            }
        }
        reached.truncate(self.services.len());
        reached
    }

    /// Whether a message can end at a service: without a result, or by leaving the system.
    pub(crate) fn has_end(&self, service: usize) -> bool {
        let is_end = |queue: &usize| self.queues[*queue].is_end();
        let mut routes = self.routes(service);
        self.services[service].routes.is_empty()
            || routes.any(|(_, queues)| queues.is_empty() || queues.iter().any(is_end))
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

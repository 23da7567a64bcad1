//! From a system to its graph. A large map is larger than the processor's memory: its services are gone through once,
//! and what is asked of all of them is kept close together.

use petgraph::graph::{DiGraph, NodeIndex};
use smallvec::SmallVec;

use super::{Feed, Queue, Wiring, parts::Parts};
use crate::{hashing::Numbers, source::Span, system::System};

impl<'s> Wiring<'s> {
    pub(crate) fn of(system: &'s System) -> Self {
        let mut wiring = Self {
            services: &system.services,
            queues: Vec::new(),
            numbers: Numbers::with_capacity(system.services.len()),
            targets: Vec::new(),
            target_starts: Vec::new(),
            route_starts: Vec::with_capacity(system.services.len() + 1),
            has_shares: false,
            inbounds: Vec::with_capacity(system.services.len()),
            graph: DiGraph::new(),
            parts: Parts::default(),
            loops: Vec::new(),
            loop_of: vec![None; system.services.len()],
        };
        let mut mentions = Vec::new();
        for (index, service) in system.services.iter().enumerate() {
            let inbound = wiring.intern(&service.inbound.value, &service.inbound.span);
            wiring.queues[inbound].readers.push(index);
            wiring.inbounds.push(inbound);
            wiring.route_starts.push(wiring.target_starts.len());
            for route in &service.routes {
                wiring.target_starts.push(wiring.targets.len());
                wiring.has_shares |= route.share.is_some();
                for queue in &route.queues {
                    let (name, at) = (&queue.value, &queue.span);
                    let target = wiring.intern(name, at);
                    wiring.targets.push(target);
                    let service = index;
                    mentions.push(Feed { service, route, at });
                }
            }
        }
        wiring.route_starts.push(wiring.target_starts.len());
        wiring.target_starts.push(wiring.targets.len());
        wiring.feed(mentions);
        for source in &system.sources {
            if let Some(queue) = wiring.queue_index(&source.value) {
                wiring.queues[queue].source = Some(&source.span);
            }
        }
        for sink in &system.sinks {
            if let Some(queue) = wiring.queue_index(&sink.value) {
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

    /// Notes at each queue who publishes to it, now that it is known how many do. The mentions are in the order of the
    /// targets.
    fn feed(&mut self, mentions: Vec<Feed<'s>>) {
        let mut counts = vec![0; self.queues.len()];
        for &target in &self.targets {
            counts[target] += 1;
        }
        for (queue, count) in self.queues.iter_mut().zip(counts) {
            queue.feeds.reserve_exact(count);
        }
        for (feed, &target) in mentions.into_iter().zip(&self.targets) {
            self.queues[target].feeds.push(feed);
        }
    }

    fn intern(&mut self, name: &'s str, at: &'s Span) -> usize {
        let next = self.queues.len();
        let index = self.numbers.get_or_insert(name);
        if index == next {
            self.queues.push(Queue {
                name,
                at,
                feeds: Vec::new(),
                readers: SmallVec::new(),
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
}

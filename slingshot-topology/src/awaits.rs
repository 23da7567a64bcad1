//! Which handlers wait for which: a graph with an edge for each reply that is awaited.

use std::collections::{BTreeMap, VecDeque, hash_map::Entry};

use petgraph::{
    algo::kosaraju_scc,
    graph::{DiGraph, NodeIndex},
};

use crate::{code::Code, hashing::HashMap, source::Span};

/// Handlers are numbered by their names' order. Two of one name are one: the bus knows names only.
pub(crate) struct Awaits<'c> {
    names: Vec<&'c str>,
    edges: Vec<Vec<Awaited<'c>>>,
}

/// One call whose reply is awaited.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Awaited<'c> {
    caller: usize,
    handler: usize,
    pub(crate) at: &'c Span,
}

impl<'c> Awaits<'c> {
    pub(crate) fn of(code: &'c Code) -> Self {
        let mut numbers: BTreeMap<&str, usize> =
            code.on_bus().map(|handler| (&*handler.name, 0)).collect();
        for (next, number) in numbers.values_mut().enumerate() {
            *number = next;
        }
        let mut edges = vec![Vec::new(); numbers.len()];
        for handler in code.on_bus() {
            let caller = numbers[&*handler.name];
            for call in handler.calls.iter().filter(|call| call.awaits) {
                if let Some(&handler) = numbers.get(&*call.handler.value) {
                    let at = &call.handler.span;
                    edges[caller].push(Awaited {
                        caller,
                        handler,
                        at,
                    });
                }
            }
        }
        Self {
            names: numbers.into_keys().collect(),
            edges,
        }
    }

    /// The shortest circle of each group of handlers that all wait for each other, in the order in which
    /// they wait, from the first by name.
    pub(crate) fn circles(&self) -> Vec<Vec<Awaited<'c>>> {
        let mut graph = DiGraph::<(), ()>::new();
        let nodes: Vec<_> = self.names.iter().map(|_| graph.add_node(())).collect();
        for edge in self.edges.iter().flatten() {
            graph.add_edge(nodes[edge.caller], nodes[edge.handler], ());
        }
        let mut groups: Vec<Vec<usize>> = kosaraju_scc(&graph)
            .into_iter()
            .map(|group| {
                let mut members: Vec<_> = group.into_iter().map(NodeIndex::index).collect();
                members.sort_unstable();
                members
            })
            .collect();
        groups.sort_unstable();
        let shortest = |members: Vec<usize>| {
            let circles = members.into_iter().filter_map(|start| self.way_back(start));
            circles.min_by_key(Vec::len)
        };
        groups.into_iter().filter_map(shortest).collect()
    }

    /// Breadth-first from a handler to itself.
    fn way_back(&self, start: usize) -> Option<Vec<Awaited<'c>>> {
        let mut came_by: HashMap<usize, Awaited<'c>> = HashMap::default();
        let mut waiting = VecDeque::from([start]);
        while let Some(handler) = waiting.pop_front() {
            for edge in &self.edges[handler] {
                if let Entry::Vacant(unseen) = came_by.entry(edge.handler) {
                    unseen.insert(*edge);
                    waiting.push_back(edge.handler);
                }
                if edge.handler == start {
                    return Some(unwind(start, &came_by));
                }
            }
        }
        None
    }

    pub(crate) fn caller(&self, edge: &Awaited<'c>) -> &'c str {
        self.names[edge.caller]
    }

    pub(crate) fn handler(&self, edge: &Awaited<'c>) -> &'c str {
        self.names[edge.handler]
    }
}

fn unwind<'c>(start: usize, came_by: &HashMap<usize, Awaited<'c>>) -> Vec<Awaited<'c>> {
    let mut steps = Vec::new();
    let mut at = start;
    while let Some(edge) = came_by.get(&at) {
        steps.push(*edge);
        at = edge.caller;
        if at == start {
            break;
        }
    }
    steps.reverse();
    steps
}

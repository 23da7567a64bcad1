//! Loops: services that can reach each other, whether a message gets out, and the shortest way round.

use std::collections::{HashMap, VecDeque, hash_map::Entry};

use petgraph::{algo::kosaraju_scc, graph::NodeIndex};

use super::{Feed, Wiring};

/// From how many services of one loop its shortest cycle is looked for, which keeps the search
/// linear in large loops.
const CYCLE_SEARCH_STARTS: usize = 16;

impl<'s> Wiring<'s> {
    /// The loops: groups of services each of which can reach every other one, or itself. Members
    /// and groups stand in the order of the file.
    pub(crate) fn loops(&self) -> impl Iterator<Item = &Vec<usize>> {
        self.loops.iter()
    }

    /// Whether each of two services can reach the other.
    pub(crate) fn share_a_loop(&self, one: usize, other: usize) -> bool {
        self.loop_of[one].is_some() && self.loop_of[one] == self.loop_of[other]
    }

    /// Whether a way leads from a service back to it.
    pub(crate) fn is_in_a_loop(&self, service: usize) -> bool {
        self.loop_of[service].is_some()
    }

    /// The loops that no message leaves.
    pub(crate) fn endless_loops(&self) -> impl Iterator<Item = &Vec<usize>> {
        self.loops().filter(|members| !self.has_exit(members))
    }

    /// The loops that some case leaves.
    pub(crate) fn loops_with_exit(&self) -> impl Iterator<Item = &Vec<usize>> {
        self.loops().filter(|members| self.has_exit(members))
    }

    pub(super) fn find_loops(&self) -> Vec<Vec<usize>> {
        // Kosaraju's, because petgraph's Tarjan recurses as deep as the longest path.
        let parts = kosaraju_scc(&self.graph).into_iter();
        let mut loops: Vec<Vec<usize>> = parts
            .filter(|part| part.len() > 1)
            .map(|part| {
                let members = part.into_iter().map(NodeIndex::index);
                let mut members: Vec<_> = members.filter(|&i| i < self.services.len()).collect();
                members.sort_unstable();
                members
            })
            .collect();
        loops.sort_unstable();
        loops
    }

    /// Whether some case leaves a loop.
    pub(crate) fn has_exit(&self, members: &[usize]) -> bool {
        members.iter().any(|&member| {
            let stays = |&reader: &usize| self.share_a_loop(reader, member);
            let leaves = |name: &str| match self.queue(name) {
                Some(queue) => queue.is_end() || !queue.readers.iter().all(stays),
                None => true,
            };
            let mut routes = self.services[member].routes.iter();
            routes.any(|route| {
                route.queues.is_empty() || route.queues.iter().any(|queue| leaves(&queue.value))
            })
        })
    }

    /// Whether only members of a loop feed its members.
    pub(crate) fn is_closed(&self, members: &[usize]) -> bool {
        members.iter().all(|&member| {
            let mut feeds = self.inbound(member).feeds.iter();
            feeds.all(|feed| self.share_a_loop(feed.service, member))
        })
    }

    /// The shortest way round a loop: the mentions of queues that lead from each service to the next.
    pub(crate) fn shortest_cycle(&self, members: &[usize]) -> Vec<&Feed<'s>> {
        let starts = members.iter().take(CYCLE_SEARCH_STARTS);
        starts
            .filter_map(|&start| self.way_back(start))
            .min_by_key(Vec::len)
            .unwrap_or_default()
    }

    /// Breadth-first from a service to itself.
    fn way_back(&self, start: usize) -> Option<Vec<&Feed<'s>>> {
        let mut came_by: HashMap<usize, &Feed<'s>> = HashMap::new();
        let mut waiting = VecDeque::from([start]);
        while let Some(service) = waiting.pop_front() {
            for queue in self.services[service].routes.iter().flat_map(|r| &r.queues) {
                let queue = self.queue(&queue.value)?;
                // Feeds were met in the order of the services.
                let at = queue.feeds.partition_point(|feed| feed.service < service);
                let feed = queue.feeds.get(at)?;
                for &reader in &queue.readers {
                    if let Entry::Vacant(unseen) = came_by.entry(reader) {
                        unseen.insert(feed);
                        waiting.push_back(reader);
                    }
                    if reader == start {
                        return Some(Self::unwind(start, &came_by));
                    }
                }
            }
        }
        None
    }

    fn unwind<'w>(start: usize, came_by: &HashMap<usize, &'w Feed<'s>>) -> Vec<&'w Feed<'s>> {
        let mut steps = Vec::new();
        let mut at = start;
        while let Some(feed) = came_by.get(&at) {
            steps.push(*feed);
            at = feed.service;
            if at == start {
                break;
            }
        }
        steps.reverse();
        steps
    }

    /// `review → fix → review`.
    pub(crate) fn path(&self, steps: &[&Feed<'s>]) -> String {
        let names = steps.iter().map(|feed| feed.service);
        let names = names.chain(steps.first().map(|feed| feed.service));
        let names: Vec<_> = names
            .map(|index| &*self.services[index].name.value)
            .collect();
        names.join(" → ")
    }
}

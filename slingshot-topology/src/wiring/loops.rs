//! Loops: services that can reach each other, whether a message gets out, and the shortest way round.

use crate::hashing::HashSet;
use petgraph::{algo::kosaraju_scc, graph::NodeIndex, visit::NodeFiltered};

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

    pub(super) fn loops_of<'p>(
        &self,
        parts: impl Iterator<Item = &'p [NodeIndex]>,
    ) -> Vec<Vec<usize>> {
        let mut loops: Vec<Vec<usize>> = parts
            .filter(|part| part.len() > 1)
            .map(|part| {
                let members = part.iter().map(|node| node.index());
                let mut members: Vec<_> = members.filter(|&i| i < self.services.len()).collect();
                members.sort_unstable();
                members
            })
            .collect();
        loops.sort_unstable();
        loops
    }

    /// The loops that remain without some of the services.
    pub(crate) fn loops_without(&self, is_left_out: impl Fn(usize) -> bool) -> Vec<Vec<usize>> {
        let services = self.services.len();
        let rest = NodeFiltered::from_fn(&self.graph, |node| {
            node.index() >= services || !is_left_out(node.index())
        });
        let parts = kosaraju_scc(&rest);
        self.loops_of(parts.iter().map(Vec::as_slice))
    }

    /// Whether some case leaves a loop.
    pub(crate) fn has_exit(&self, members: &[usize]) -> bool {
        members.iter().any(|&member| {
            let stays = |&reader: &usize| self.share_a_loop(reader, member);
            let leaves = |queue: &usize| {
                let queue = &self.queues[*queue];
                queue.is_end() || !queue.readers.iter().all(stays)
            };
            let mut routes = self.routes(member);
            routes.any(|queues| queues.is_empty() || queues.iter().any(leaves))
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
        let within: HashSet<usize> = members.iter().copied().collect();
        let back = |start| {
            self.way(
                &[start],
                |reader| reader == start,
                |reader| within.contains(&reader),
            )
        };
        let starts = members.iter().take(CYCLE_SEARCH_STARTS);
        starts
            .filter_map(|&start| Some(back(start)?.steps))
            .min_by_key(Vec::len)
            .unwrap_or_default()
    }

    /// `review → fix → review`.
    pub(crate) fn path(&self, steps: &[&Feed<'s>]) -> String {
        let services = steps.iter().map(|feed| feed.service);
        self.names(services.chain(steps.first().map(|feed| feed.service)))
    }
}

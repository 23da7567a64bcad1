//! Ways from service to service.

use crate::hashing::{HashMap, HashSet};
use std::collections::{VecDeque, hash_map::Entry};

use super::{Feed, Wiring};

/// A way from one service to another.
pub(crate) struct Way<'w, 's> {
    /// The mentions of queues that lead from each service to the next.
    pub(crate) steps: Vec<&'w Feed<'s>>,
    /// Where it arrives.
    pub(crate) end: usize,
}

impl<'s> Wiring<'s> {
    /// The services that one feeds, each with the mention of the queue that leads there.
    pub(crate) fn steps(&self, service: usize) -> impl Iterator<Item = (&Feed<'s>, usize)> {
        let queues = self.targets(service).iter();
        queues
            .filter_map(move |&queue| {
                let queue = &self.queues[queue];
                // Feeds were met in the order of the services.
                let at = queue.feeds.partition_point(|feed| feed.service < service);
                Some((queue.feeds.get(at)?, queue))
            })
            .flat_map(|(feed, queue)| queue.readers.iter().map(move |&reader| (feed, reader)))
    }

    /// The shortest way of at least one step from one of the starts to an end, through open services only.
    pub(crate) fn way(
        &self,
        starts: &[usize],
        is_end: impl Fn(usize) -> bool,
        is_open: impl Fn(usize) -> bool,
    ) -> Option<Way<'_, 's>> {
        let mut came_by: HashMap<usize, &Feed<'s>> = HashMap::default();
        let mut waiting: VecDeque<usize> = starts.iter().copied().collect();
        let starts: HashSet<usize> = starts.iter().copied().collect();
        while let Some(service) = waiting.pop_front() {
            for (feed, reader) in self.steps(service) {
                if !is_open(reader) {
                    continue;
                }
                if let Entry::Vacant(unseen) = came_by.entry(reader) {
                    unseen.insert(feed);
                    if !starts.contains(&reader) {
                        waiting.push_back(reader);
                    }
                }
                if is_end(reader) {
                    let steps = unwind(reader, &starts, &came_by);
                    return Some(Way { steps, end: reader });
                }
            }
        }
        None
    }

    /// The services of a way, as `sniff → words → report`.
    pub(crate) fn named(&self, way: &Way<'_, 's>) -> String {
        let services = way.steps.iter().map(|feed| feed.service);
        self.names(services.chain([way.end]))
    }

    pub(crate) fn names(&self, services: impl IntoIterator<Item = usize>) -> String {
        let services = services.into_iter();
        let names: Vec<_> = services
            .map(|index| &*self.services[index].name.value)
            .collect();
        names.join(" → ")
    }
}

fn unwind<'w, 's>(
    end: usize,
    starts: &HashSet<usize>,
    came_by: &HashMap<usize, &'w Feed<'s>>,
) -> Vec<&'w Feed<'s>> {
    let mut steps = Vec::new();
    let mut at = end;
    while let Some(feed) = came_by.get(&at) {
        steps.push(*feed);
        at = feed.service;
        if starts.contains(&at) {
            break;
        }
    }
    steps.reverse();
    steps
}

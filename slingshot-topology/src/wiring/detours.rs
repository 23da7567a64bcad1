//! Two ways of different length between the same services.

use crate::hashing::HashMap;
use std::collections::VecDeque;

use super::{Feed, Way, Wiring};

/// How many steps are looked at for each service and queue of the system, over all searches together: what
/// keeps them linear where everything is ordered.
const STEPS_PER_NODE: usize = 8;

/// For each service how many steps it is away, and the first of them.
type Nearer<'w, 's> = HashMap<usize, (usize, Option<(&'w Feed<'s>, usize)>)>;

/// Searches that share what they may cost.
pub(crate) struct Detours<'w, 's> {
    wiring: &'w Wiring<'s>,
    steps_left: usize,
}

/// Two ways from one service to another.
pub(crate) struct Detour<'w, 's> {
    pub(crate) short: Way<'w, 's>,
    pub(crate) long: Way<'w, 's>,
}

impl<'s> Wiring<'s> {
    pub(crate) fn detours(&self) -> Detours<'_, 's> {
        Detours {
            wiring: self,
            steps_left: STEPS_PER_NODE * self.graph.node_count(),
        }
    }
}

impl<'w, 's> Detours<'w, 's> {
    /// The nearest service from which ways of different length lead to another. Breadth-first against the
    /// arrows: the first arrow that does not lead one step nearer is the start of the longer way.
    pub(crate) fn to(&mut self, end: usize) -> Option<Detour<'w, 's>> {
        let mut nearer: Nearer<'w, 's> = HashMap::from_iter([(end, (0, None))]);
        let mut waiting = VecDeque::from([end]);
        while let Some(service) = waiting.pop_front() {
            let distance = nearer[&service].0;
            for feed in &self.wiring.inbound(service).feeds {
                self.steps_left = self.steps_left.checked_sub(1)?;
                let Some((known, _)) = nearer.get(&feed.service) else {
                    let step = (distance + 1, Some((feed, service)));
                    nearer.insert(feed.service, step);
                    waiting.push_back(feed.service);
                    continue;
                };
                // What comes back to the service itself is a loop, and another finding.
                if *known <= distance && feed.service != end {
                    return Some(Detour {
                        short: walk(end, None, feed.service, &nearer),
                        long: walk(end, Some(feed), service, &nearer),
                    });
                }
            }
        }
        None
    }
}

fn walk<'w, 's>(
    end: usize,
    first: Option<&'w Feed<'s>>,
    from: usize,
    nearer: &Nearer<'w, 's>,
) -> Way<'w, 's> {
    let mut steps: Vec<_> = first.into_iter().collect();
    let mut at = from;
    while let Some((_, Some((feed, next)))) = nearer.get(&at) {
        steps.push(*feed);
        at = *next;
    }
    Way { steps, end }
}

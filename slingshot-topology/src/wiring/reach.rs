//! What leads where, at any distance.

use super::{Queue, Wiring};

impl<'s> Wiring<'s> {
    /// Whether each service can be reached from one of the starts.
    pub(crate) fn downstream(&self, starts: impl IntoIterator<Item = usize>) -> Vec<bool> {
        self.reach(
            starts,
            |service| self.targets(service),
            |queue| queue.readers.iter().copied(),
        )
    }

    /// Whether each service can reach one of the ends.
    pub(crate) fn upstream(&self, ends: impl IntoIterator<Item = usize>) -> Vec<bool> {
        let inbound = |service| std::slice::from_ref(&self.inbounds[service]);
        self.reach(ends, inbound, |queue| {
            queue.feeds.iter().map(|feed| feed.service)
        })
    }

    /// `queues` lead on from a service, and `next` are the services behind one of them.
    fn reach<'w, I: Iterator<Item = usize>>(
        &'w self,
        from: impl IntoIterator<Item = usize>,
        queues: impl Fn(usize) -> &'w [usize],
        next: impl Fn(&'w Queue<'s>) -> I,
    ) -> Vec<bool> {
        let mut reached = vec![false; self.services.len()];
        let mut passed = vec![false; self.queues.len()];
        let mut waiting: Vec<usize> = from.into_iter().collect();
        while let Some(service) = waiting.pop() {
            if std::mem::replace(&mut reached[service], true) {
                continue;
            }
            for &queue in queues(service) {
                if !std::mem::replace(&mut passed[queue], true) {
                    waiting.extend(next(&self.queues[queue]).filter(|&it| !reached[it]));
                }
            }
        }
        reached
    }
}

//! Queues that hang loose at one end, and which two of them were to be one.

use crate::{facts::Facts, hashing::HashSet};

/// The loose ends of a system.
pub(crate) struct Loose<'s> {
    /// The queues that services read and nothing feeds.
    unfed: HashSet<&'s str>,
    /// The queues that are fed and nobody reads.
    unread: HashSet<&'s str>,
    /// The queues that are declared to be fed from outside and that nobody reads.
    sources: usize,
}

impl<'s> Loose<'s> {
    pub(crate) fn of(facts: &Facts<'s>) -> Self {
        let queues = || facts.wiring.queues.iter();
        let names = |queue: &crate::wiring::Queue<'s>| queue.name;
        let sources = facts.system.sources.iter().filter(|source| {
            let queue = facts.wiring.queue(&source.value);
            queue.is_none_or(|queue| queue.readers.is_empty())
        });
        Self {
            unfed: queues().filter(|it| it.is_unfed()).map(names).collect(),
            unread: queues().filter(|it| it.is_unread()).map(names).collect(),
            sources: sources.count(),
        }
    }

    /// The queue that is only read and belongs to one that is only fed: the one that was likely meant, else
    /// the only one there is.
    pub(crate) fn reader_of(&self, meant: Option<&'s str>) -> Option<&'s str> {
        let is_only = self.unread.len() + self.sources == 1;
        partner(&self.unfed, meant, is_only)
    }

    /// The queue that is only fed and belongs to one that is only read, or to a sink that nothing feeds.
    pub(crate) fn feeder_of(&self, meant: Option<&'s str>) -> Option<&'s str> {
        partner(&self.unread, meant, true)
    }
}

fn partner<'s>(loose: &HashSet<&'s str>, meant: Option<&'s str>, is_only: bool) -> Option<&'s str> {
    if let Some(meant) = meant {
        return loose.get(meant).copied();
    }
    let mut all = loose.iter();
    let first = all.next().filter(|_| is_only);
    first.filter(|_| all.next().is_none()).copied()
}

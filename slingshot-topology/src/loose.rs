//! Queues that hang loose at one end, and which two of them were to be one.

use crate::{facts::Facts, wiring::Queue};

/// With more loose ends than this, only the shortest ways round are looked for: each search may go through all of the
/// graph.
const FEW: usize = 100;

/// The loose ends of a system.
pub(crate) struct Loose<'s> {
    /// The only queue that services read and nothing feeds.
    unfed: Option<&'s str>,
    /// The only queue that is fed and nobody reads.
    unread: Option<&'s str>,
    /// Whether there are few of both.
    are_few: bool,
    /// Whether a source that nobody reads is declared.
    has_idle_source: bool,
}

impl<'s> Loose<'s> {
    pub(crate) fn of(facts: &Facts<'s>) -> Self {
        let queues = || facts.wiring.queues.iter();
        let mut sources = facts.system.sources.iter();
        Self {
            unfed: only(queues().filter(|queue| queue.is_unfed())),
            unread: only(queues().filter(|queue| queue.is_unread())),
            are_few: queues().filter(|it| it.is_unread()).nth(FEW).is_none(),
            has_idle_source: sources.any(|source| {
                let queue = facts.wiring.queue(&source.value);
                queue.is_none_or(|queue| queue.readers.is_empty())
            }),
        }
    }

    /// The queue that nothing feeds and that belongs to one that nobody reads: the one that was likely meant, else
    /// the only one, unless messages would go round.
    pub(crate) fn reader_of(
        &self,
        facts: &Facts<'s>,
        unread: &Queue<'s>,
        meant: Option<&'s str>,
    ) -> Option<&'s str> {
        let only = || {
            self.unread
                .and(self.unfed)
                .filter(|_| !self.has_idle_source)
        };
        let partner = facts.wiring.queue(meant.or_else(only)?);
        let partner = partner.filter(|queue| queue.is_unfed())?;
        let mut feeders = unread.feeds.iter().map(|feed| feed.service);
        let goes_round = if self.are_few {
            let below = facts.wiring.downstream(partner.readers.iter().copied());
            feeders.any(|feeder| below[feeder])
        } else {
            feeders.any(|feeder| partner.readers.contains(&feeder))
        };
        (!goes_round).then_some(partner.name)
    }

    /// The services at both ends, where a change may have parted them.
    pub(crate) fn services_of(
        &self,
        facts: &Facts<'s>,
        unread: &Queue<'s>,
        meant: Option<&'s str>,
    ) -> Vec<&'s str> {
        if facts.previous.is_none() {
            return Vec::new();
        }
        let partner = meant.or_else(|| self.reader_of(facts, unread, None));
        let partner = partner.and_then(|name| facts.wiring.queue(name));
        let readers = partner
            .into_iter()
            .flat_map(|queue| &queue.readers)
            .copied();
        let feeders = unread.feeds.iter().map(|feed| feed.service);
        let all = readers.chain(feeders);
        all.map(|service| &*facts.wiring.service(service).name.value)
            .collect()
    }

    /// The queue that a source was to be which nobody reads: the one that was likely meant, else the only one
    /// that nothing feeds.
    pub(crate) fn started_by(&self, meant: Option<&'s str>) -> Option<&'s str> {
        meant.or_else(|| self.unfed.filter(|_| self.unread.is_none()))
    }

    /// The queue that nobody reads and that belongs to a sink that nothing feeds, or to a service that reads another's:
    /// the one that was likely meant, else the only one.
    pub(crate) fn feeder_of(&self, meant: Option<&'s str>) -> Option<&'s str> {
        meant.or(self.unread)
    }
}

fn only<'q, 's: 'q>(mut queues: impl Iterator<Item = &'q Queue<'s>>) -> Option<&'s str> {
    let first = queues.next()?;
    queues.next().is_none().then_some(first.name)
}

//! Queues that are called otherwise, with the same services before and behind them.

use super::{Comparison, Kept};
use crate::{
    CaseValue,
    hashing::HashMap,
    wiring::{Queue, Wiring},
};

/// The new names of queues, by their old ones.
pub(crate) type NewNames<'s> = HashMap<&'s str, &'s str>;

impl<'s> Comparison<'s> {
    /// Queues that every service that fed them and read them knows by another name now, and nobody by the old one.
    pub(crate) fn new_names(&self, wiring: &Wiring<'s>) -> NewNames<'s> {
        let moved = self.kept.iter().filter_map(Kept::moved_queue);
        let names = moved.filter_map(|(old, new)| {
            let is_gone = wiring.queue(&old.value).is_none();
            let is_new = self.old.queue(&new.value).is_none();
            let (was, is) = (self.old.queue(&old.value)?, wiring.queue(&new.value)?);
            let around = Around::of(&self.old, was);
            let is_same = is_gone && is_new && !around.feeders.is_empty();
            (is_same && around == Around::of(wiring, is)).then_some((&*old.value, &*new.value))
        });
        names.collect()
    }
}

/// Who feeds a queue, by which case, and who reads it.
#[derive(PartialEq, Eq)]
struct Around<'s> {
    feeders: Vec<(&'s str, &'s CaseValue)>,
    readers: Vec<&'s str>,
}

impl<'s> Around<'s> {
    fn of(wiring: &Wiring<'s>, queue: &Queue<'s>) -> Self {
        let name = |service: usize| &*wiring.service(service).name.value;
        let feeds = queue.feeds.iter();
        let feeders = feeds.map(|feed| (name(feed.service), &feed.route.case.value));
        let mut feeders: Vec<_> = feeders.collect();
        feeders.sort_unstable();
        feeders.dedup();
        let mut readers: Vec<_> = queue.readers.iter().map(|&reader| name(reader)).collect();
        readers.sort_unstable();
        Self { feeders, readers }
    }
}

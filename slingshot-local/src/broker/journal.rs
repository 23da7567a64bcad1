//! Group commit: changes gather while the last batch is written, and whoever waits for one is told
//! by its number.

use std::sync::{Arc, Condvar};

use super::store::Batch;

/// What the writer has to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Demand {
    None,
    Idle,
    Urgent,
}

#[derive(Debug)]
pub(super) struct Journal {
    gathering: Batch,
    /// Something was recorded, even if it cancelled out again: a confirm may wait for the number.
    dirty: bool,
    /// Somebody may wait for the batch that is gathering; without, it may gather for longer.
    urgent: bool,
    /// The number of the batch that is gathering.
    number: u64,
    /// All batches up to this one are in the store.
    written: u64,
    /// Wakes the writer; waits on the lock of the broker's state.
    work: Arc<Condvar>,
}

impl Journal {
    pub(super) fn new() -> Self {
        Self {
            gathering: Batch::default(),
            dirty: false,
            urgent: false,
            number: 1,
            written: 0,
            work: Arc::default(),
        }
    }

    pub(super) fn work(&self) -> Arc<Condvar> {
        Arc::clone(&self.work)
    }

    /// Adds to the batch that is gathering, which is then written as soon as can be. Returns its
    /// number.
    pub(super) fn record(&mut self, change: impl FnOnce(&mut Batch)) -> u64 {
        self.dirty = true;
        if !std::mem::replace(&mut self.urgent, true) {
            self.work.notify_one();
        }
        change(&mut self.gathering);
        self.number
    }

    /// As [`Self::record`], for what nobody waits for: that a message was settled. Its loss means
    /// a second delivery, which every consumer has to expect.
    pub(super) fn record_idly(&mut self, change: impl FnOnce(&mut Batch)) {
        if !std::mem::replace(&mut self.dirty, true) {
            self.work.notify_one();
        }
        change(&mut self.gathering);
    }

    /// Whether something gathered, and whether it may wait for more.
    pub(super) fn demand(&self) -> Demand {
        match (self.dirty, self.urgent) {
            (_, true) => Demand::Urgent,
            (true, false) => Demand::Idle,
            (false, false) => Demand::None,
        }
    }

    /// For the writer: what gathered, and its number.
    pub(super) fn take(&mut self) -> (u64, Batch) {
        (self.dirty, self.urgent) = (false, false);
        let number = self.number;
        self.number += 1;
        (number, std::mem::take(&mut self.gathering))
    }

    pub(super) fn set_written(&mut self, number: u64) {
        self.written = number;
    }

    pub(super) fn written(&self) -> u64 {
        self.written
    }
}

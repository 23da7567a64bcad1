//! Group commit: changes gather while the last batch is written, and whoever waits for one is told
//! by its number.

use std::sync::{Arc, Condvar};

use super::store::Batch;

#[derive(Debug)]
pub(super) struct Journal {
    gathering: Batch,
    /// Something was recorded, even if it cancelled out again: a confirm may wait for the number.
    dirty: bool,
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
            number: 1,
            written: 0,
            work: Arc::default(),
        }
    }

    pub(super) fn work(&self) -> Arc<Condvar> {
        Arc::clone(&self.work)
    }

    /// Adds to the batch that is gathering. Returns its number.
    pub(super) fn record(&mut self, change: impl FnOnce(&mut Batch)) -> u64 {
        if !std::mem::replace(&mut self.dirty, true) {
            self.work.notify_one();
        }
        change(&mut self.gathering);
        self.number
    }

    /// For the writer: what gathered, and its number.
    pub(super) fn take(&mut self) -> Option<(u64, Batch)> {
        if !std::mem::take(&mut self.dirty) {
            return None;
        }
        let number = self.number;
        self.number += 1;
        Some((number, std::mem::take(&mut self.gathering)))
    }

    pub(super) fn set_written(&mut self, number: u64) {
        self.written = number;
    }

    pub(super) fn written(&self) -> u64 {
        self.written
    }
}

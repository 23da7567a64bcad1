//! What a run counts.

use std::{collections::BTreeMap, time::Duration};

/// Everything that was counted.
#[derive(Debug)]
pub(in crate::simulate) struct Counts {
    pub(in crate::simulate) stations: Vec<StationCounts>,
    pub(in crate::simulate) queues: Vec<QueueCounts>,
    /// For each queue that is fed from outside, how long each result took, in nanoseconds.
    pub(in crate::simulate) times: BTreeMap<usize, Vec<u64>>,
    pub(in crate::simulate) counted: Duration,
}

#[derive(Clone, Debug, Default)]
pub(in crate::simulate) struct StationCounts {
    pub(in crate::simulate) begun: u32,
    /// Seconds that they had waited, together.
    pub(in crate::simulate) waited: f64,
    /// Seconds that servers were at work, together.
    pub(in crate::simulate) busy: f64,
}

#[derive(Clone, Debug, Default)]
pub(in crate::simulate) struct QueueCounts {
    pub(in crate::simulate) arrivals: u32,
    /// Seconds that messages waited, together.
    pub(in crate::simulate) waiting: f64,
    pub(in crate::simulate) at_the_start: u32,
    pub(in crate::simulate) at_the_end: u32,
}

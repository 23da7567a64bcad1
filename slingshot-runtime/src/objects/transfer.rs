//! One object on its way, counted until it has arrived or nobody wants it any more.

use std::sync::Arc;

use tokio::time::Instant;

use crate::meter::{Direction, Meter};

/// Tells the meter of an object when it is dropped.
pub(super) struct Transfer {
    meter: Arc<Meter>,
    direction: Direction,
    begun: Instant,
    bytes: u64,
}

impl Transfer {
    pub(super) fn begin(meter: &Arc<Meter>, direction: Direction) -> Self {
        Self {
            meter: Arc::clone(meter),
            direction,
            begun: Instant::now(),
            bytes: 0,
        }
    }

    pub(super) fn add(&mut self, bytes: u64) {
        self.bytes += bytes;
    }
}

impl Drop for Transfer {
    fn drop(&mut self) {
        let elapsed = self.begun.elapsed();
        self.meter.object(self.direction, self.bytes, elapsed);
    }
}

//! The time that one call of a function has.

use std::{
    sync::{
        OnceLock,
        atomic::{AtomicU8, Ordering},
    },
    time::Duration,
};

use tokio::time::Instant;

use crate::failure::{Failure, Kind};

/// Decides between a function that returns and a time limit that passes: the first one counts.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    started: OnceLock<Instant>,
    end: AtomicU8,
}

const RETURNED: u8 = 1;
const OVERDUE: u8 = 2;

impl Clock {
    /// Starts it, once.
    pub(super) fn start(&self) -> Instant {
        *self.started.get_or_init(Instant::now)
    }

    /// How long the function has been running; none before it starts.
    fn elapsed(&self) -> Option<Duration> {
        self.started.get().map(Instant::elapsed)
    }

    /// Declares the function overdue if it has run for longer than the limit. True once.
    pub(crate) fn overdue(&self, limit: Duration) -> bool {
        self.elapsed().is_some_and(|elapsed| elapsed > limit) && self.end(OVERDUE)
    }

    /// Whether the function returned while somebody still waited for it.
    pub(super) fn returned(&self) -> bool {
        self.end(RETURNED)
    }

    fn end(&self, end: u8) -> bool {
        self.end
            .compare_exchange(0, end, Ordering::AcqRel, Ordering::Acquire)
            .is_ok()
    }
}

/// The failure of a message whose function ran too long.
pub(crate) fn overdue(limit: Duration) -> Failure {
    Failure::new(
        Kind::Timeout,
        format!("the function did not return within {limit:?}"),
    )
}

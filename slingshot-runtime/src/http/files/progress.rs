//! How long a transfer has stood still.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::{Instant, sleep_until};

/// When something moved last.
#[derive(Debug)]
pub(super) struct Progress(Mutex<Clock>);

#[derive(Clone, Copy, Debug)]
enum Clock {
    Since(Instant),
    /// Nobody's time runs.
    Stopped,
}

impl Progress {
    pub(super) fn begin() -> Self {
        Self(Mutex::new(Clock::Since(Instant::now())))
    }

    pub(super) fn moved(&self) {
        *self.clock() = Clock::Since(Instant::now());
    }

    /// Until something moves, standing still is nobody's fault.
    pub(super) fn stop(&self) {
        *self.clock() = Clock::Stopped;
    }

    /// Waits until nothing has moved for so long.
    pub(super) async fn stands_still(&self, limit: Duration) {
        loop {
            let now = Instant::now();
            let clock = *self.clock();
            let until = match clock {
                Clock::Since(since) => since + limit,
                Clock::Stopped => now + limit,
            };
            if until <= now {
                return;
            }
            sleep_until(until).await;
        }
    }

    fn clock(&self) -> MutexGuard<'_, Clock> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use tokio::{select, task::yield_now};

    use super::*;

    const LIMIT: Duration = Duration::from_millis(20);

    /// However long this thread waits for a processor meanwhile.
    #[tokio::test]
    async fn what_moves_or_is_stopped_does_not_stand_still() {
        let progress = Progress::begin();
        let begun = Instant::now();
        let last = Cell::new(begun);
        let is_stopped = Cell::new(false);
        let move_on = || {
            last.set(Instant::now());
            is_stopped.set(false);
            progress.moved();
        };
        let moving = async {
            while begun.elapsed() < LIMIT * 5 {
                move_on();
                yield_now().await;
            }
            progress.stop();
            is_stopped.set(true);
            while begun.elapsed() < LIMIT * 10 {
                yield_now().await;
            }
            move_on();
            std::future::pending::<()>().await;
        };
        select! {
            () = moving => {}
            () = progress.stands_still(LIMIT) => {}
        }
        assert!(!is_stopped.get());
        assert!(last.get().elapsed() >= LIMIT);
    }
}

//! The replicas of a handler, and the bounded line of calls that wait for one.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// First come, first served.
#[derive(Debug)]
pub(super) struct Line {
    replicas: Arc<Semaphore>,
    waiting: AtomicU32,
    /// How many may wait.
    pub(super) longest: u32,
}

/// The right to run. Dropped, the next one in the line has it.
#[derive(Debug)]
pub(super) struct Place {
    _permit: OwnedSemaphorePermit,
}

/// What a call takes of all there is for calls, until it is dropped.
#[derive(Debug)]
pub(crate) struct Occupied {
    _place: Place,
    /// Of what bounds the requests of a server.
    _whole: Option<OwnedSemaphorePermit>,
}

impl Occupied {
    pub(super) fn new(place: Place, whole: Option<OwnedSemaphorePermit>) -> Self {
        Self {
            _place: place,
            _whole: whole,
        }
    }
}

const NEVER_CLOSED: &str = "nobody closes a handler's line";

impl Line {
    pub(super) fn new(replicas: u32, longest: u32) -> Self {
        Self {
            replicas: Arc::new(Semaphore::new(
                usize::try_from(replicas).unwrap_or(Semaphore::MAX_PERMITS),
            )),
            waiting: AtomicU32::new(0),
            longest,
        }
    }

    /// Does not pass anybody who waits: a place that is given up goes to the first of them.
    pub(super) fn enter_at_once(&self) -> Option<Place> {
        let permit = Arc::clone(&self.replicas).try_acquire_owned().ok()?;
        Some(Place { _permit: permit })
    }

    /// None when the line is full.
    pub(super) async fn enter(&self) -> Option<Place> {
        let waiting = Waiting::begin(self)?;
        let place = self.enter_unbounded().await;
        drop(waiting);
        Some(place)
    }

    /// Waits without being counted as one who does: for those whose number somebody else bounds.
    pub(super) async fn enter_unbounded(&self) -> Place {
        let permit = Arc::clone(&self.replicas).acquire_owned().await;
        Place {
            _permit: permit.expect(NEVER_CLOSED),
        }
    }
}

/// One of those who wait, until it is dropped.
struct Waiting<'a>(&'a AtomicU32);

impl<'a> Waiting<'a> {
    fn begin(line: &'a Line) -> Option<Self> {
        let more = |waiting: u32| (waiting < line.longest).then_some(waiting + 1);
        line.waiting
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, more)
            .ok()?;
        Some(Self(&line.waiting))
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[tokio::test]
    async fn as_many_run_as_there_are_replicas_and_as_many_wait_as_may() {
        let line = Line::new(1, 1);
        let runs = line.enter_at_once().expect("a free replica");
        assert!(line.enter_at_once().is_none());
        let mut waits = Box::pin(line.enter());
        assert!(waits.as_mut().now_or_never().is_none());
        assert!(line.enter().await.is_none(), "the line is full");
        drop(runs);
        assert!(line.enter_at_once().is_none(), "nobody passes the line");
        let next = waits.await.expect("its turn");
        let mut after = Box::pin(line.enter());
        assert!(
            after.as_mut().now_or_never().is_none(),
            "there is room to wait again"
        );
        drop(after);
        drop(next);
        assert!(line.enter_at_once().is_some());
        assert_eq!(line.waiting.load(Ordering::Relaxed), 0);
    }
}

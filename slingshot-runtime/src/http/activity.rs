//! What a connection does, for who has to end it. hyper keeps the time of each head with a timer, and setting timers
//! costs as much as reading small requests: here a request leaves only its time, and the thread of the connection
//! looks at all of its connections now and then.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{sync::oneshot, time::Instant};

/// A request is being answered, or requests come side by side and nobody waits for the next head.
const BUSY: u64 = u64::MAX;

/// Why a connection ends that the client would have kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// At once.
    HangUp,
    /// After what is being answered.
    Stop,
}

/// A connection, as others see it.
#[derive(Debug)]
pub(super) struct Activity {
    accepted: Instant,
    /// Nanoseconds from then to the end of the last answer, or [`BUSY`].
    rests_since: AtomicU64,
    end: Mutex<Option<oneshot::Sender<Ending>>>,
}

impl Activity {
    /// One that waits for its first request, and what tells it to end.
    pub(super) fn new() -> (Self, oneshot::Receiver<Ending>) {
        let (end, ended) = oneshot::channel();
        let activity = Self {
            accepted: Instant::now(),
            rests_since: AtomicU64::new(0),
            end: Mutex::new(Some(end)),
        };
        (activity, ended)
    }

    /// A request has come.
    pub(super) fn begins(&self) {
        self.rests_since.store(BUSY, Ordering::Relaxed);
    }

    /// The next head is waited for.
    pub(super) fn rests(&self, now: Instant) {
        let nanoseconds = now.duration_since(self.accepted).as_nanos();
        let since = u64::try_from(nanoseconds).unwrap_or(BUSY - 1);
        self.rests_since.store(since, Ordering::Relaxed);
    }

    /// For how long the next head has been waited for.
    pub(super) fn rested(&self, now: Instant) -> Option<Duration> {
        let since = self.rests_since.load(Ordering::Relaxed);
        let open = now.duration_since(self.accepted);
        (since != BUSY).then(|| open.saturating_sub(Duration::from_nanos(since)))
    }

    /// Ends the connection, unless it was told to end before.
    pub(super) fn end(&self, ending: Ending) {
        let end = self
            .end
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        // One that nobody hears is that of a connection that has ended.
        let _told = end.map(|end| end.send(ending));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_waits_for_a_head_rests() {
        let (activity, _ended) = Activity::new();
        let after = |seconds| activity.accepted + Duration::from_secs(seconds);
        let rested = |seconds| activity.rested(after(seconds)).map(|it| it.as_secs());
        assert_eq!(rested(5), Some(5));
        activity.begins();
        assert_eq!(rested(60), None);
        activity.rests(after(60));
        assert_eq!(rested(61), Some(1));
        assert_eq!(rested(59), Some(0));
    }

    #[tokio::test]
    async fn a_connection_hears_its_first_end() {
        let (activity, ended) = Activity::new();
        activity.end(Ending::HangUp);
        activity.end(Ending::Stop);
        assert_eq!(ended.await, Ok(Ending::HangUp));
    }
}

//! How long a caller waits for what.

use std::time::Duration;

use tokio::time::Instant;

use crate::handler::CallError;

/// How long a call waits for a connection that is lost. A new one is mostly there by then, and who waits longer is
/// not helped by it.
pub(super) const GRACE: Duration = Duration::from_secs(2);

/// How long a caller waits.
pub(super) struct Patience {
    begun: Instant,
    timeout: Duration,
    deadline: Option<Instant>,
}

impl Patience {
    /// `deadline`: until when the caller's own caller waits.
    pub(super) fn new(timeout: Duration, deadline: Option<Instant>) -> Self {
        Self {
            begun: Instant::now(),
            timeout,
            deadline,
        }
    }

    /// The handler's own timeout.
    pub(super) fn learn(&mut self, timeout: Duration) {
        self.timeout = timeout;
    }

    pub(super) fn until(&self) -> Instant {
        let own = self.begun + self.timeout;
        self.deadline.map_or(own, |deadline| deadline.min(own))
    }

    pub(super) fn left(&self) -> Duration {
        self.until().saturating_duration_since(Instant::now())
    }

    /// Until a connection has to be there.
    pub(super) fn until_connected(&self) -> Instant {
        self.until().min(Instant::now() + GRACE)
    }

    pub(super) fn late(&self, handler: &str) -> CallError {
        CallError::Timeout {
            handler: handler.to_owned(),
            timeout: self.until().saturating_duration_since(self.begun),
        }
    }
}

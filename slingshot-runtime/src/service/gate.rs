//! What keeps a service from calling its function while something that the function needs is out of order.

use tokio::time::Instant;

use crate::{backoff::Backoff, failure::Failure, meter::Dependency};

/// Open, every message goes to the workers. Closed, one at a time does, to try whether the outage is over;
/// the others are held.
#[derive(Debug, Default)]
pub(super) struct Gate {
    closed: Option<Closed>,
    backoff: Backoff,
}

#[derive(Debug)]
struct Closed {
    dependency: Dependency,
    /// The failure that shut it last.
    failure: Failure,
    next_try: Instant,
    /// The message that tries it now.
    trying: Option<u64>,
}

impl Gate {
    pub(super) fn is_open(&self) -> bool {
        self.closed.is_none()
    }

    /// A message failed for an outage. True if this closes the gate, and false if it was closed.
    pub(super) fn close(&mut self, tag: u64, dependency: Dependency, failure: Failure) -> bool {
        let was_open = self.is_open();
        // The others that fail now began before it closed: they say nothing new.
        if was_open || self.is_tried_by(tag) {
            self.closed = Some(Closed {
                dependency,
                failure,
                next_try: Instant::now() + self.backoff.after_failure(),
                trying: None,
            });
        }
        was_open
    }

    /// When a message is to try it; none while it is open or one tries it already.
    pub(super) fn next_try(&self) -> Option<Instant> {
        let closed = self.closed.as_ref()?;
        closed.trying.is_none().then_some(closed.next_try)
    }

    /// Lets one message through, to try it.
    pub(super) fn let_through(&mut self, tag: u64) {
        if let Some(closed) = &mut self.closed {
            closed.trying = Some(tag);
        }
    }

    /// A message ended otherwise than by an outage. If it was the one that tried, the gate is open again:
    /// says what was out of order.
    pub(super) fn passed(&mut self, tag: u64) -> Option<Dependency> {
        if !self.is_tried_by(tag) {
            return None;
        }
        self.backoff.reset();
        self.closed.take().map(|closed| closed.dependency)
    }

    /// What is out of order.
    pub(super) fn dependency(&self) -> Option<Dependency> {
        self.closed.as_ref().map(|closed| closed.dependency)
    }

    /// Why it is closed.
    pub(super) fn failure(&self) -> Option<&Failure> {
        self.closed.as_ref().map(|closed| &closed.failure)
    }

    fn is_tried_by(&self, tag: u64) -> bool {
        let trying = self.closed.as_ref().and_then(|closed| closed.trying);
        trying == Some(tag)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::Kind;

    fn outage() -> Failure {
        Failure::new(Kind::Database, "gone").during(Dependency::Database)
    }

    #[test]
    fn one_message_at_a_time_tries_what_is_out_of_order() {
        let mut gate = Gate::default();
        assert!(gate.is_open() && gate.next_try().is_none());
        assert!(gate.close(1, Dependency::Database, outage()));
        let first = gate.next_try().expect("it is closed");
        // A neighbour that began before.
        assert!(!gate.close(2, Dependency::Database, outage()));
        assert_eq!(gate.next_try(), Some(first));

        gate.let_through(1);
        assert_eq!(gate.next_try(), None);
        assert_eq!(gate.passed(2), None, "it did not try the gate");
        assert!(!gate.close(1, Dependency::Database, outage()));
        assert!(gate.next_try().is_some_and(|next| next > Instant::now()));

        gate.let_through(2);
        assert_eq!(gate.passed(2), Some(Dependency::Database));
        assert!(gate.is_open());
    }
}

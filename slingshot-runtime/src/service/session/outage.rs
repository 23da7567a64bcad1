//! Messages that wait for the end of an outage: they keep their attempt, and their place.

use tokio::time::Instant;

use super::{Outcome, Session, Waiting};
use crate::{failure::Failure, meter::Dependency, settle::Committed};

impl Session<'_> {
    /// What a call came to is to be settled, unless it failed for an outage.
    pub(super) fn hold_or_end(
        &mut self,
        waiting: Waiting,
        result: Result<Committed, Failure>,
    ) -> Vec<Outcome> {
        let tag = waiting.message.inbound.tag();
        if let Err(failure) = &result
            && let Some(dependency) = failure.outage()
        {
            if self.gate.close(tag, dependency, failure.clone()) {
                self.closed(dependency, failure);
            }
            self.hold(waiting);
            return Vec::new();
        }
        if let Some(dependency) = self.gate.passed(tag) {
            self.opened(dependency);
        }
        vec![(waiting.message, result)]
    }

    pub(super) fn hold(&mut self, waiting: Waiting) {
        let waiting = Waiting {
            held_since: waiting.held_since.or_else(|| Some(Instant::now())),
            ..waiting
        };
        self.held.insert(waiting.message.inbound.tag(), waiting);
    }

    fn closed(&mut self, dependency: Dependency, failure: &Failure) {
        let error = failure.message();
        tracing::warn!(
            service = self.service.name,
            ?dependency,
            error,
            "out of order: messages are held until it works again"
        );
        self.service
            .meter
            .dependency(dependency, Err(error.to_owned()));
        for waiting in self.take_unstarted() {
            self.hold(waiting);
        }
    }

    fn opened(&mut self, dependency: Dependency) {
        tracing::info!(service = self.service.name, ?dependency, "works again");
        self.service.meter.dependency(dependency, Ok(()));
        for (_, waiting) in std::mem::take(&mut self.held) {
            self.submit(waiting);
        }
    }

    /// When something is to be done about the messages that are held.
    pub(super) fn next_try(&self) -> Option<Instant> {
        let oldest = self
            .held
            .values()
            .map(|waiting| self.held_until(waiting))
            .min()?;
        Some(self.gate.next_try().map_or(oldest, |next| next.min(oldest)))
    }

    fn held_until(&self, waiting: &Waiting) -> Instant {
        let patience = self.patience;
        let held_since = waiting.held_since.unwrap_or(waiting.delivered);
        (waiting.delivered + patience.unstarted).min(held_since + patience.held)
    }

    /// Lets one message try whether the outage is over. Those that were held for too long are to wait in
    /// their queue's tiers.
    pub(super) fn try_again(&mut self) -> Vec<Outcome> {
        let now = Instant::now();
        let late: Vec<_> = self
            .held
            .iter()
            .filter(|(_, waiting)| self.held_until(waiting) <= now)
            .map(|(tag, _)| *tag)
            .collect();
        let late = late.iter().filter_map(|tag| self.held.remove(tag));
        let failure = self.gate.failure();
        let late: Vec<_> = late
            .filter_map(|waiting| Some((waiting.message, Err(failure?.clone()))))
            .collect();
        if self.gate.next_try().is_some_and(|next| next <= now)
            && let Some((tag, waiting)) = self.held.pop_first()
        {
            self.gate.let_through(tag);
            self.submit(waiting);
        }
        late
    }
}

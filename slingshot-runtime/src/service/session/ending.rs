//! The end of a session: what is given back, and what is waited for.

use std::time::Duration;

use tokio::time::timeout;

use super::{Drained, Session, SessionError};
use crate::{amqp::BrokerError, report::State};

/// How long the broker may take to stop delivering.
const CANCEL_TIMEOUT: Duration = Duration::from_secs(5);

/// How long the last settlements may take to arrive.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(2);

impl Session<'_> {
    /// Takes no more messages, and gives back what no worker has: what none has begun, and what waits for
    /// the end of an outage. Says how many of them were worked on before.
    pub(super) async fn stop_consuming(&mut self) -> Result<usize, BrokerError> {
        self.is_draining = true;
        self.service.meter.state(State::Draining);
        let untaken = timeout(CANCEL_TIMEOUT, self.inbox.cancel())
            .await
            .map_err(|_| BrokerError::Silent {
                asked: "stop delivering",
                limit: CANCEL_TIMEOUT,
            })??;
        let unstarted = self.take_unstarted();
        let held = std::mem::take(&mut self.held);
        for waiting in unstarted.iter().chain(held.values()) {
            self.give_back(waiting)?;
        }
        tracing::debug!(
            service = self.service.name,
            running = self.in_work.len(),
            given_back = untaken + unstarted.len() + held.len(),
            "draining"
        );
        Ok(held.len())
    }

    /// What was settled last is settled before the connection closes.
    pub(super) async fn flush(&mut self) {
        let flushing = async {
            self.acknowledge()?;
            self.inbox.flush().await
        };
        match timeout(FLUSH_TIMEOUT, flushing).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::debug!(%error, "the connection broke at its end"),
            Err(_) => tracing::debug!("the broker did not answer at the end"),
        }
    }

    /// Gives back what still runs.
    pub(super) fn interrupt(&self, interrupted: usize) -> Result<Drained, SessionError> {
        for tag in self.in_work.keys().chain(self.held.keys()) {
            self.inbox.give_back(*tag)?;
        }
        Ok(Drained {
            interrupted: interrupted + self.in_work.len() + self.held.len() + self.settling.len(),
        })
    }
}

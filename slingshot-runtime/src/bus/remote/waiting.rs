//! Calls that wait for their replies on one connection.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use tokio::sync::mpsc;

use crate::amqp::Inbound;

/// A call is answered at most twice: that a process has it, and how it ended.
const MOST_REPLIES: usize = 2;

/// Who waits for which reply; none once the connection is gone.
#[derive(Debug)]
pub(super) struct WaitingCalls(Mutex<Option<HashMap<u64, mpsc::Sender<Inbound>>>>);

impl WaitingCalls {
    pub(super) fn new() -> Self {
        Self(Mutex::new(Some(HashMap::new())))
    }

    /// Waits for the replies of a call, until what this gives is dropped.
    pub(super) fn begin(&self, number: u64) -> Option<Waiting<'_>> {
        let (sender, replies) = mpsc::channel(MOST_REPLIES);
        self.with(|waiting| waiting.insert(number, sender))?;
        Some(Waiting {
            calls: self,
            number,
            replies,
        })
    }

    /// Hands a reply to whoever waits for it.
    pub(super) fn answer(&self, reply: Inbound) {
        let number = reply.correlation_id().and_then(|it| it.parse().ok());
        let Some(number) = number else {
            tracing::debug!("a reply does not say to what");
            return;
        };
        let to = self.with(|waiting| waiting.get(&number).cloned()).flatten();
        let taken = to.is_some_and(|to| to.try_send(reply).is_ok());
        if !taken {
            tracing::debug!(number, "nobody waits for a reply any more");
        }
    }

    /// Nothing will be answered any more.
    pub(super) fn end(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn with<T>(
        &self,
        work: impl FnOnce(&mut HashMap<u64, mpsc::Sender<Inbound>>) -> T,
    ) -> Option<T> {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.as_mut().map(work)
    }
}

/// One that waits.
#[derive(Debug)]
pub(super) struct Waiting<'a> {
    calls: &'a WaitingCalls,
    number: u64,
    replies: mpsc::Receiver<Inbound>,
}

impl Waiting<'_> {
    /// None when the connection is gone.
    pub(super) async fn next(&mut self) -> Option<Inbound> {
        self.replies.recv().await
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.calls.with(|waiting| waiting.remove(&self.number));
    }
}

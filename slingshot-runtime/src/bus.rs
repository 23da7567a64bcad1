//! The bus: handlers and services call handlers by name, and tell all who listen.
//!
//! In one process a call is a call: the callee's function runs in the caller's task, so that replies cannot be
//! mixed up and a caller that goes away takes its calls with it. Nothing is ever queued but in the callee's line.

mod chain;
mod hub;
mod topics;

use std::{fmt, sync::Arc, time::Duration};

use tokio::time::Instant;

use chain::Chain;
pub(crate) use hub::Hub;
pub use topics::{Broadcast, Missed, Subscription};

use crate::{
    Queues, SharedState,
    files::FileParts,
    handler::{Call, CallError, Handler, IntoPayload, Payload, RequestHead, Source},
    trace::TraceContext,
};

/// What functions call other handlers by; an argument of theirs: `bus: &Bus`.
///
/// Each call has a bus of its own, which knows who calls and until when an answer is of use: what is called
/// from it has no longer than that.
#[derive(Clone)]
pub struct Bus {
    hub: Arc<Hub>,
    /// The handlers on the way to this call.
    chain: Chain,
    /// Until when who called this function waits.
    deadline: Option<Instant>,
    trace: Option<TraceContext>,
}

impl Bus {
    /// The bus of somebody whom no handler has called.
    pub(crate) fn of(hub: &Arc<Hub>, caller: &str) -> Self {
        Self {
            hub: Arc::clone(hub),
            chain: Chain::begin(caller),
            deadline: None,
            trace: None,
        }
    }

    /// The same within a trace.
    pub(crate) fn within(mut self, trace: TraceContext) -> Self {
        self.trace = Some(trace);
        self
    }

    /// Calls a handler and waits for its reply, for as long as the handler's timeout and the caller's own let it.
    ///
    /// # Errors
    /// [`CallError`]: there is no such handler, its line is full, it failed, panicked or took too long, or the
    /// handlers call each other in a circle. Whether it ran is not known after a timeout: a call is made at most
    /// once.
    pub async fn publish(
        &self,
        handler: &str,
        data: impl IntoPayload,
    ) -> Result<Payload, CallError> {
        let payload = payload(handler, data)?;
        let callee = self.hub.find(handler)?;
        let chain = self.chain.then(&callee.name, callee.replicas)?;
        let (timeout, deadline) = self.time_of(&callee);
        let call = self.call(payload, chain, Some(deadline));
        let called = callee.call(call, deadline, timeout);
        Ok(self.hub.counted(&callee, "publish", called).await?.payload)
    }

    /// Hands data to a handler and does not wait for its reply: only until there is room in the handler's line.
    ///
    /// The process does not end before the handler has run, or its time to drain is over. What the handler fails
    /// with is logged and counted.
    ///
    /// # Errors
    /// [`CallError`]: there is no such handler, or its line stayed full for as long as its timeout.
    pub async fn dispatch(&self, handler: &str, data: impl IntoPayload) -> Result<(), CallError> {
        let payload = payload(handler, data)?;
        let callee = self.hub.find(handler)?;
        // Nobody waits for what is dispatched, so a circle cannot stand still; it can go round for ever, though.
        let chain = self.chain.then(&callee.name, u32::MAX)?;
        let (timeout, deadline) = self.time_of(&callee);
        let call = self.call(payload, chain, None);
        self.hub.dispatch(callee, call, deadline, timeout).await
    }

    /// [`publish`](Self::publish) for functions that are not `async`.
    ///
    /// # Errors
    /// As `publish`.
    ///
    /// # Panics
    /// In an `async` function.
    pub fn blocking_publish(
        &self,
        handler: &str,
        data: impl IntoPayload,
    ) -> Result<Payload, CallError> {
        self.hub.runtime().block_on(self.publish(handler, data))
    }

    /// [`dispatch`](Self::dispatch) for functions that are not `async`.
    ///
    /// # Errors
    /// As `dispatch`.
    ///
    /// # Panics
    /// In an `async` function.
    pub fn blocking_dispatch(
        &self,
        handler: &str,
        data: impl IntoPayload,
    ) -> Result<(), CallError> {
        self.hub.runtime().block_on(self.dispatch(handler, data))
    }

    /// Listens to a topic, from now on.
    ///
    /// # Errors
    /// [`CallError::Broker`], where the bus goes over a broker that is not there.
    pub async fn subscribe(&self, topic: &str) -> Result<Subscription, CallError> {
        std::future::ready(Ok(self.hub.topics().subscribe(topic))).await
    }

    /// Tells all who listen to a topic, and says how many those are. Nobody waits: who is
    /// [too slow](Subscription::next) is told how much was missed.
    ///
    /// # Errors
    /// [`CallError::Malformed`], when the data has no JSON, and [`CallError::Broker`], where the bus goes over a
    /// broker that is not there.
    pub async fn broadcast(&self, topic: &str, data: impl IntoPayload) -> Result<usize, CallError> {
        let broadcast = Broadcast {
            source: Source::from(self.chain.caller()),
            payload: payload(topic, data)?,
        };
        std::future::ready(Ok(self.hub.topics().tell(topic, broadcast))).await
    }

    pub(crate) fn state(&self) -> &SharedState {
        self.hub.state()
    }

    pub(crate) fn queues(&self) -> &Queues {
        self.hub.queues()
    }

    /// How long a call of a handler has, and until when.
    fn time_of(&self, callee: &Handler) -> (Duration, Instant) {
        let now = Instant::now();
        let own = now + callee.timeout;
        match self.deadline {
            Some(deadline) if deadline < own => (deadline.saturating_duration_since(now), deadline),
            _ => (callee.timeout, own),
        }
    }

    fn call(&self, payload: Payload, chain: Chain, deadline: Option<Instant>) -> Call {
        Call {
            payload,
            source: Source::from(self.chain.caller()),
            head: RequestHead::default(),
            bus: Self {
                hub: Arc::clone(&self.hub),
                chain,
                deadline,
                trace: self.trace.clone(),
            },
            file: FileParts::default(),
            whole: None,
        }
    }

    /// The call of a handler by a request from outside.
    pub(crate) fn from_outside(
        hub: &Arc<Hub>,
        handler: &Handler,
        deadline: Instant,
        trace: Option<TraceContext>,
    ) -> Self {
        Self {
            hub: Arc::clone(hub),
            chain: Chain::begin(&handler.name),
            deadline: Some(deadline),
            trace,
        }
    }
}

fn payload(handler: &str, data: impl IntoPayload) -> Result<Payload, CallError> {
    data.into_payload().map_err(|error| CallError::Malformed {
        handler: handler.to_owned(),
        message: error.to_string(),
    })
}

impl fmt::Debug for Bus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bus")
            .field("caller", &self.chain.caller())
            .finish_non_exhaustive()
    }
}

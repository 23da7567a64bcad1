//! The bus: handlers and services call handlers by name, and tell all who listen.
//!
//! In one process a call is a call: the callee's function runs in the caller's task, so that replies cannot be
//! mixed up and a caller that goes away takes its calls with it. Nothing is ever queued but in the callee's line.
//! Between processes it is a message of a broker's: [`remote`].

mod chain;
mod hub;
mod remote;
mod topics;
mod wire;

use std::{fmt, sync::Arc, time::Duration};

use tokio::{runtime::Handle, time::Instant};

use chain::Chain;
pub(crate) use hub::Hub;
use remote::Outward;
pub(crate) use remote::{BusError, BusHealth, BusLife, Remote};
pub use topics::{Broadcast, Missed, Subscription};

use crate::{
    Queues, SharedState,
    files::FileParts,
    handler::{Call, CallError, Handler, IntoPayload, Payload, RequestHead, Source},
    trace::{Operation, Span, TraceContext, TraceId},
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
    /// The queues, within the trace that the call belongs to.
    queues: Queues,
}

impl Bus {
    /// The bus of a service, which no handler has called.
    pub(crate) fn of(hub: &Arc<Hub>, service: &str) -> Self {
        Self {
            hub: Arc::clone(hub),
            chain: Chain::begin(service, None),
            deadline: None,
            queues: hub.queues().clone(),
        }
    }

    /// The bus of a call from another process.
    fn arrived(
        hub: &Arc<Hub>,
        chain: Chain,
        deadline: Option<Instant>,
        trace: &TraceContext,
    ) -> Self {
        Self {
            hub: Arc::clone(hub),
            chain,
            deadline,
            queues: hub.queues().within(Some(trace.clone())),
        }
    }

    /// The same within a trace.
    pub(crate) fn within(mut self, trace: TraceContext) -> Self {
        self.queues = self.queues.within(Some(trace));
        self
    }

    /// Calls a handler and waits for its reply, for as long as the handler's timeout and the caller's own let it.
    ///
    /// # Errors
    /// [`CallError`]: there is no such handler, its line is full, it failed, panicked or took too long, or the
    /// handlers call each other in a circle. Whether it ran is not known after [`CallError::Timeout`] and
    /// [`CallError::Lost`]: a call is made at most once.
    pub async fn publish(
        &self,
        handler: &str,
        data: impl IntoPayload,
    ) -> Result<Payload, CallError> {
        let mut payload = payload(handler, data)?;
        let callee = self.hub.find(handler);
        if let Some(remote) = self.hub.remote() {
            self.chain.check(handler, true)?;
            let kept = callee.is_ok().then(|| payload.clone());
            let mut span = self.leaves(handler, Operation::Publish);
            let answer = remote.publish(&self.outward(handler, &span), payload).await;
            match (answer, kept) {
                // Nobody consumes its calls any more, or not yet, and this process has it.
                (Err(CallError::NotFound(_)), Some(kept)) => payload = kept,
                (answer, _) => return answer.inspect_err(|error| span.failed(error.kind())),
            }
        }
        let member = callee?;
        let callee = &member.handler;
        let chain = self.chain.then(&callee.name, callee.replicas, true)?;
        let (timeout, deadline) = self.time_of(callee);
        let source = Source::from(self.chain.caller());
        let (next, mut span) = self.traced(
            self.next(chain, Some(deadline)),
            handler,
            Operation::Publish,
        );
        let called = callee.call(next.begin(payload, source), deadline, timeout);
        let answer = member.counted(Operation::Publish, called).await;
        let reply = answer.inspect_err(|error| span.failed(error.kind()))?;
        Ok(reply.payload)
    }

    /// Hands data to a handler and does not wait for its reply: only until there is room in the handler's line.
    ///
    /// In one process, the process does not end before the handler has run, or its time to drain is over, and what
    /// the handler fails with is logged and counted. Over a broker the data is safe when this returns: the handler
    /// runs until it has succeeded once, and sometimes twice; what it fails with again and again becomes a dead
    /// letter.
    ///
    /// # Errors
    /// [`CallError`]: there is no such handler, or its line stayed full for as long as its timeout, or the broker
    /// away.
    pub async fn dispatch(&self, handler: &str, data: impl IntoPayload) -> Result<(), CallError> {
        let payload = payload(handler, data)?;
        // Nobody waits for what is dispatched, so a circle cannot stand still; it can go round for ever, though.
        if let Some(remote) = self.hub.remote() {
            self.chain.check(handler, false)?;
            let mut span = self.leaves(handler, Operation::Dispatch);
            let handed = remote
                .dispatch(&self.outward(handler, &span), payload)
                .await;
            return handed.inspect_err(|error| span.failed(error.kind()));
        }
        let member = self.hub.find(handler)?;
        let callee = &member.handler;
        let chain = self.chain.then(&callee.name, callee.replicas, false)?;
        let (_, deadline) = self.time_of(callee);
        let source = Source::from(self.chain.caller());
        let (next, mut span) = self.traced(self.next(chain, None), handler, Operation::Dispatch);
        let call = next.begin(payload, source);
        let handed = self.hub.dispatch(member, call, deadline).await;
        handed.inspect_err(|error| span.failed(error.kind()))
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
    /// [`CallError::Broker`], where the bus goes over a broker that is not there, and [`CallError::Malformed`] for a
    /// topic that has too long a name for it.
    pub async fn subscribe(&self, topic: &str) -> Result<Subscription, CallError> {
        let subscription = self.hub.topics().subscribe(topic);
        if let Some(remote) = self.hub.remote() {
            remote.subscribe(topic).await?;
        }
        Ok(subscription)
    }

    /// Tells all who listen to a topic. Nobody waits: who is [too slow](Subscription::next) is told how much was
    /// missed.
    ///
    /// # Errors
    /// [`CallError::Malformed`], when the data has no JSON, and [`CallError::Broker`], where the bus goes over a
    /// broker that is not there.
    pub async fn broadcast(&self, topic: &str, data: impl IntoPayload) -> Result<(), CallError> {
        let broadcast = Broadcast {
            source: Source::from(self.chain.caller()),
            payload: payload(topic, data)?,
        };
        match self.hub.remote() {
            Some(remote) => remote.broadcast(topic, broadcast).await,
            None => {
                self.hub.topics().tell(topic, Ok(broadcast));
                Ok(())
            }
        }
    }

    /// The same for who needs an answer within so long.
    pub(crate) fn sooner(mut self, within: Duration) -> Self {
        let deadline = Instant::now() + within;
        self.deadline = Some(self.deadline.map_or(deadline, |own| own.min(deadline)));
        self
    }

    /// Where what blocks runs, and what is to run apart from its caller.
    pub(crate) fn runtime(&self) -> &Handle {
        self.hub.runtime()
    }

    /// The trace that the call belongs to, for its lines in the log.
    pub(crate) fn trace_id(&self) -> Option<TraceId> {
        self.queues.trace().map(TraceContext::id)
    }

    pub(crate) fn state(&self) -> &SharedState {
        self.hub.state()
    }

    pub(crate) fn queues(&self) -> &Queues {
        &self.queues
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

    /// A call on its way out, as a part of its span.
    fn outward<'a>(&'a self, handler: &'a str, span: &'a Span) -> Outward<'a> {
        Outward {
            handler,
            chain: &self.chain,
            deadline: self.deadline,
            trace: span.context().or(self.queues.trace()),
        }
    }

    /// The bus of a call that this one's call makes.
    fn next(&self, chain: Chain, deadline: Option<Instant>) -> Self {
        Self {
            hub: Arc::clone(&self.hub),
            chain,
            deadline,
            queues: self.queues.clone(),
        }
    }

    /// A span of a call that leaves the process, where there is a trace that is recorded.
    fn leaves(&self, handler: &str, operation: Operation) -> Span {
        let trace = self.queues.trace();
        trace.map_or_else(Span::default, |trace| {
            self.hub.tracer().call_out(trace, handler, operation)
        })
    }

    /// A span of the call that `next` belongs to, where there is a trace that is recorded.
    fn traced(&self, next: Self, handler: &str, operation: Operation) -> (Self, Span) {
        let Some(trace) = self.queues.trace() else {
            return (next, Span::default());
        };
        let span = self.hub.tracer().call(trace, handler, operation);
        match span.context().cloned() {
            Some(context) => (next.within(context), span),
            None => (next, span),
        }
    }

    /// The call that this bus belongs to.
    fn begin(self, payload: Payload, source: Source) -> Box<Call> {
        Box::new(Call {
            payload,
            source,
            head: RequestHead::default(),
            bus: self,
            file: FileParts::default(),
            whole: None,
        })
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
            chain: Chain::begin(Arc::clone(&handler.name), Some(handler.replicas)),
            deadline: Some(deadline),
            queues: hub.queues().within(trace),
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

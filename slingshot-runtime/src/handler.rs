//! A handler: its function, the replicas of it that may run, and one call.

mod argument;
mod failure;
mod function;
mod head;
mod line;
mod payload;
mod registration;
mod reply;

use std::{
    any::Any,
    future::poll_fn,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures_util::FutureExt as _;
use tokio::{
    runtime::Handle,
    sync::Semaphore,
    time::{Instant, timeout_at},
};

pub use argument::{CallParts, HandlerArgument};
pub use failure::{CallError, CallFailure, Refusal};
pub use function::HandlerFunction;
pub use head::{RequestHead, Source};
pub(crate) use line::Occupied;
use line::{Line, Place};
pub use payload::Form;
pub use payload::{IntoPayload, Json, Payload, PayloadError};
pub use registration::{
    HandlerCall, HandlerKind, HandlerRegistration, HandlerSettings, ReplyFuture,
};
pub use reply::{HandlerOutcome, HandlerReturns, IntoReply, Reply};

use crate::{
    Bus, Error,
    failure::{Failure, Kind, panic_text},
    files::FileParts,
    service::Source as SourcePlace,
    trace::TraceId,
};

/// How long one call may take, with its wait in the line.
pub(crate) const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);

/// How many calls may wait for a replica.
const DEFAULT_QUEUE: u32 = 1_000;

/// An `async` function that keeps its thread for longer than this at a time blocks it: everybody else whose
/// request is on that thread has waited as long.
const BLOCKED: Duration = Duration::from_millis(100);

/// The longest name of a handler.
pub(crate) const LONGEST_NAME: usize = 64;

/// Whether a handler may be called so.
pub(crate) fn is_name(name: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    (1..=LONGEST_NAME).contains(&name.len()) && name.bytes().all(letter)
}

/// What the code says of a handler.
#[derive(Clone, Debug)]
pub(crate) struct HandlerDefinition {
    pub(crate) name: String,
    pub(crate) kind: HandlerKind,
    pub(crate) settings: HandlerSettings,
    pub(crate) source: SourcePlace,
    pub(crate) function: HandlerFunction,
}

impl HandlerDefinition {
    /// How many calls run at once.
    pub(crate) fn replicas(&self) -> u32 {
        self.settings.replicas.unwrap_or(1).max(1)
    }

    /// How many calls may wait for a replica.
    pub(crate) fn queue(&self) -> u32 {
        self.settings.queue.unwrap_or(DEFAULT_QUEUE)
    }

    /// How long one call may take, with its wait in the line.
    pub(crate) fn timeout(&self) -> Duration {
        self.settings.timeout.unwrap_or(DEFAULT_TIMEOUT)
    }
}

/// A handler that can be called.
#[derive(Debug)]
pub(crate) struct Handler {
    pub(crate) name: Arc<str>,
    pub(crate) replicas: u32,
    pub(crate) timeout: Duration,
    /// The timeout, where the annotation says one.
    pub(crate) own_timeout: Option<Duration>,
    function: HandlerFunction,
    line: Line,
    /// It is `async`, and was seen to block: from then on it runs on threads of its own.
    blocks: AtomicBool,
    /// Where functions run that block.
    runtime: Handle,
}

/// What one call brings.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) payload: Payload,
    pub(crate) source: Source,
    pub(crate) head: RequestHead,
    /// The bus, as this call sees it.
    pub(crate) bus: Bus,
    pub(crate) file: FileParts,
    /// What bounds how many requests run in all, for those that come from outside.
    pub(crate) whole: Option<Arc<Semaphore>>,
}

impl Call {
    /// What the function takes its arguments from.
    fn parts(&mut self) -> CallParts<'_> {
        CallParts {
            payload: Some(&mut self.payload),
            source: &self.source,
            head: &self.head,
            bus: &self.bus,
            file: std::mem::take(&mut self.file),
        }
    }
}

impl Handler {
    pub(crate) fn new(definition: HandlerDefinition, runtime: Handle) -> Self {
        let replicas = definition.replicas();
        Self {
            replicas,
            timeout: definition.timeout(),
            own_timeout: definition.settings.timeout,
            line: Line::new(replicas, definition.queue()),
            name: definition.name.into(),
            function: definition.function,
            blocks: AtomicBool::new(false),
            runtime,
        }
    }

    /// How many calls may wait for a replica.
    pub(crate) fn longest_line(&self) -> u32 {
        self.line.longest
    }

    /// Waits in the line, and calls the function; both have until `deadline`, which is `timeout` from the
    /// call's beginning. Dropped, an `async` function is dropped too; an ordinary one runs to its end, and
    /// keeps its place until then.
    pub(crate) async fn call(
        &self,
        call: Box<Call>,
        deadline: Instant,
        timeout: Duration,
    ) -> Result<Reply, CallError> {
        let place = self.place(deadline, timeout).await?;
        timeout_at(deadline, self.run(call, place))
            .await
            .map_err(|_| self.late(timeout))?
    }

    /// As [`call`](Self::call), but the deadline is the line's alone: the function runs until `late`.
    pub(crate) async fn call_until(
        &self,
        call: Box<Call>,
        deadline: Instant,
        late: impl Future<Output = ()>,
    ) -> Result<Reply, CallError> {
        let place = self.place(deadline, self.timeout).await?;
        tokio::select! {
            called = self.run(call, place) => called,
            () = late => Err(self.late(self.timeout)),
        }
    }

    async fn place(&self, deadline: Instant, timeout: Duration) -> Result<Place, CallError> {
        if let Some(place) = self.line.enter_at_once() {
            return Ok(place);
        }
        let place = timeout_at(deadline, self.line.enter()).await;
        place
            .map_err(|_| self.late(timeout))?
            .ok_or_else(|| self.full())
    }

    fn late(&self, timeout: Duration) -> CallError {
        CallError::Timeout {
            handler: self.name.as_ref().to_owned(),
            timeout,
        }
    }

    /// Waits for a replica however long the line is, and calls the function, which has its timeout from then on.
    pub(crate) async fn call_in_time(&self, call: Box<Call>) -> Result<Reply, CallError> {
        let place = self.line.enter_unbounded().await;
        timeout_at(Instant::now() + self.timeout, self.run(call, place))
            .await
            .map_err(|_| self.late(self.timeout))?
    }

    /// The same, for who is to know what kind of failure it was: one that may pass is tried again.
    pub(crate) async fn attempt(&self, call: Box<Call>) -> Result<Reply, Failure> {
        let place = self.line.enter_unbounded().await;
        let outcome = timeout_at(
            Instant::now() + self.timeout,
            self.outcome(call, Occupied::new(place, None)),
        )
        .await;
        let outcome = outcome.map_err(|_| Failure::new(Kind::Timeout, self.late(self.timeout)))?;
        let panicked = |panic: Box<dyn Any + Send>| Failure::panicked(&*panic);
        outcome.map_err(panicked)?.map_err(|failure| {
            // Also an error that panics when it is asked what it says.
            let asked = AssertUnwindSafe(|| match failure {
                CallFailure::Malformed(message) => Failure::new(Kind::Undecodable, message),
                CallFailure::Failed(error) if Refusal::is_callers(&*error) => {
                    Failure::returned(Error::permanent(error).into())
                }
                CallFailure::Failed(error) => Failure::returned(error),
            });
            catch_unwind(asked).unwrap_or_else(panicked)
        })
    }

    /// As many calls as may wait are waiting.
    pub(crate) fn full(&self) -> CallError {
        CallError::LineFull {
            handler: self.name.as_ref().to_owned(),
            replicas: self.replicas,
            waiting: self.line.longest,
        }
    }

    async fn run(&self, mut call: Box<Call>, place: Place) -> Result<Reply, CallError> {
        // After the handler's own place: a slow handler's line takes nothing from the others.
        let whole = match call.whole.take() {
            Some(whole) => Some(
                whole
                    .acquire_owned()
                    .await
                    .map_err(|_| CallError::Draining)?,
            ),
            None => None,
        };
        let place = Occupied::new(place, whole);
        let trace = call.bus.trace_id();
        self.judged(self.outcome(call, place).await, trace)
    }

    async fn outcome(
        &self,
        mut call: Box<Call>,
        place: Occupied,
    ) -> Result<HandlerOutcome, Box<dyn Any + Send>> {
        match &self.function {
            HandlerFunction::Async(function) if !self.blocks.load(Ordering::Relaxed) => {
                let trace = call.bus.trace_id();
                let running = self.watched(function(call.parts()), trace);
                let outcome = AssertUnwindSafe(running).catch_unwind().await;
                outcome.map(|outcome| busy(outcome, place))
            }
            function => self.run_apart(function.clone(), call, place).await,
        }
    }

    /// On a thread that may block.
    async fn run_apart(
        &self,
        function: HandlerFunction,
        mut call: Box<Call>,
        place: Occupied,
    ) -> Result<HandlerOutcome, Box<dyn Any + Send>> {
        let runtime = self.runtime.clone();
        let running = self.runtime.spawn_blocking(move || {
            let parts = call.parts();
            let outcome = match function {
                HandlerFunction::Sync(function) => function(parts),
                HandlerFunction::Async(function) => runtime.block_on(function(parts)),
            };
            // The place is kept until the function has returned, whoever still waits for it.
            busy(outcome, place)
        });
        running.await.map_err(|error| match error.try_into_panic() {
            Ok(panic) => panic,
            // Only a runtime that is shutting down cancels.
            Err(_) => Box::new("the process is shutting down") as Box<dyn Any + Send>,
        })
    }

    /// Looks how long the function keeps its thread.
    async fn watched(&self, running: ReplyFuture<'_>, trace: Option<TraceId>) -> HandlerOutcome {
        let mut running = pin!(running);
        poll_fn(|context| {
            let begun = Instant::now();
            let polled = running.as_mut().poll(context);
            let kept = begun.elapsed();
            if kept >= BLOCKED {
                self.blocked(kept, trace);
            }
            polled
        })
        .await
    }

    fn blocked(&self, kept: Duration, trace: Option<TraceId>) {
        if !self.blocks.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                handler = &*self.name,
                trace_id = trace.map(tracing::field::display),
                ?kept,
                "an `async` function kept its thread, and all other requests on it: from now on it runs on threads \
                 of its own. Write it without `async`, or let what blocks run in `tokio::task::spawn_blocking`"
            );
        }
    }

    fn judged(
        &self,
        outcome: Result<HandlerOutcome, Box<dyn Any + Send>>,
        trace: Option<TraceId>,
    ) -> Result<Reply, CallError> {
        let panicked = |panic: Box<dyn Any + Send>| {
            let says = panic_text(&*panic).unwrap_or("something that is no text");
            tracing::error!(
                handler = &*self.name,
                trace_id = trace.map(tracing::field::display),
                says,
                "a handler panicked"
            );
            CallError::Panicked {
                handler: self.name.as_ref().to_owned(),
            }
        };
        match outcome {
            Ok(Ok(reply)) => Ok(reply),
            // Also an error that panics when it is asked what it says.
            Ok(Err(failure)) => {
                Err(
                    catch_unwind(AssertUnwindSafe(|| CallError::of(&self.name, failure)))
                        .unwrap_or_else(panicked),
                )
            }
            Err(panic) => Err(panicked(panic)),
        }
    }
}

/// A download runs until it is sent: its place goes with it. Any other call has ended.
fn busy(mut outcome: HandlerOutcome, place: Occupied) -> HandlerOutcome {
    if let Ok(Reply {
        file: Some(file), ..
    }) = &mut outcome
    {
        file.replica = Some(place);
    }
    outcome
}

//! What all buses of a process share: the handlers, their dispatched work, the topics and the state.

use std::{collections::HashMap, sync::Arc, time::Duration};

use tokio::{
    runtime::Handle,
    sync::Semaphore,
    time::{Instant, timeout, timeout_at},
};
use tokio_util::task::TaskTracker;

use super::{Remote, topics::Topics};
use crate::{
    Queues, SharedState,
    handler::{Call, CallError, Handler, Reply},
    metrics::{BusCalls, Metrics},
    trace::{Operation, Tracer},
};

/// The process's handlers, and what they share.
#[derive(Debug)]
pub(crate) struct Hub {
    members: HashMap<Arc<str>, Arc<Member>>,
    state: SharedState,
    queues: Queues,
    topics: Topics,
    /// The way to all handlers, where they may be in other processes.
    remote: Option<Remote>,
    tracer: Tracer,
    /// What was dispatched and has not ended.
    dispatched: TaskTracker,
    /// Where dispatched work runs, and what blocks.
    runtime: Handle,
}

/// A handler that the bus knows.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) handler: Arc<Handler>,
    /// The room for what is dispatched: as long as its line.
    room: Arc<Semaphore>,
    calls: BusCalls,
}

impl Hub {
    pub(crate) fn new(
        handlers: impl IntoIterator<Item = Arc<Handler>>,
        state: SharedState,
        queues: Queues,
        metrics: &Metrics,
        remote: Option<Remote>,
        tracer: Tracer,
    ) -> Self {
        let members = handlers.into_iter().map(|handler| {
            let room = usize::try_from(handler.longest_line().max(1));
            let member = Member {
                room: Arc::new(Semaphore::new(room.unwrap_or(Semaphore::MAX_PERMITS))),
                calls: BusCalls::new(metrics, &handler.name),
                handler: Arc::clone(&handler),
            };
            (Arc::clone(&handler.name), Arc::new(member))
        });
        Self {
            members: members.collect(),
            state,
            queues,
            topics: Topics::default(),
            remote,
            tracer,
            dispatched: TaskTracker::new(),
            runtime: Handle::current(),
        }
    }

    pub(super) fn find(&self, name: &str) -> Result<Arc<Member>, CallError> {
        let member = self.members.get(name).cloned();
        member.ok_or_else(|| CallError::NotFound(name.to_owned()))
    }

    /// In the order of their names.
    pub(super) fn members(&self) -> Vec<Arc<Member>> {
        let mut members: Vec<_> = self.members.values().cloned().collect();
        members.sort_by(|one, other| one.handler.name.cmp(&other.handler.name));
        members
    }

    pub(super) async fn dispatch(
        &self,
        callee: Arc<Member>,
        call: Box<Call>,
        deadline: Instant,
    ) -> Result<(), CallError> {
        let handler = &callee.handler;
        let room = timeout_at(deadline, Arc::clone(&callee.room).acquire_owned())
            .await
            .map_err(|_| handler.full())?;
        let trace = call.bus.trace_id();
        let running = async move {
            let Member { handler, .. } = &*callee;
            let answer = callee.counted(Operation::Dispatch, handler.call_in_time(call));
            if let Err(error) = answer.await {
                tracing::error!(
                    handler = &*handler.name,
                    trace_id = trace.map(tracing::field::display),
                    %error,
                    "what was dispatched failed"
                );
            }
            drop(room);
        };
        self.dispatched.spawn_on(running, &self.runtime);
        Ok(())
    }

    /// Waits for what was dispatched, and says how much of it is left.
    pub(crate) async fn drain(&self, limit: Duration) -> usize {
        self.topics.close();
        self.dispatched.close();
        if timeout(limit, self.dispatched.wait()).await.is_err() {
            tracing::error!(
                calls = self.dispatched.len(),
                "dispatched work did not end in time, and is lost"
            );
        }
        self.dispatched.len()
    }

    /// How much of what was dispatched has not ended.
    pub(crate) fn left(&self) -> usize {
        self.dispatched.len()
    }

    pub(super) fn tracer(&self) -> &Tracer {
        &self.tracer
    }

    pub(super) fn state(&self) -> &SharedState {
        &self.state
    }

    pub(super) fn queues(&self) -> &Queues {
        &self.queues
    }

    pub(super) fn topics(&self) -> &Topics {
        &self.topics
    }

    pub(super) fn remote(&self) -> Option<&Remote> {
        self.remote.as_ref()
    }

    pub(super) fn runtime(&self) -> &Handle {
        &self.runtime
    }
}

impl Member {
    /// Counts how a call ended, and how long it took.
    pub(super) async fn counted(
        &self,
        operation: Operation,
        called: impl Future<Output = Result<Reply, CallError>>,
    ) -> Result<Reply, CallError> {
        let begun = Instant::now();
        let answer = called.await;
        let failed = answer.as_ref().err().map(CallError::kind);
        self.ended(operation, begun.elapsed(), failed);
        answer
    }

    /// Counts a call that has ended.
    pub(super) fn ended(
        &self,
        operation: Operation,
        elapsed: Duration,
        failed: Option<&'static str>,
    ) {
        self.calls.ended(operation, elapsed, failed);
    }
}

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
    trace::Tracer,
};

/// The process's handlers, and what they share.
#[derive(Debug)]
pub(crate) struct Hub {
    members: HashMap<Arc<str>, Member>,
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
struct Member {
    handler: Arc<Handler>,
    /// The room for what is dispatched: as long as its line.
    room: Arc<Semaphore>,
    calls: Arc<BusCalls>,
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
                calls: Arc::new(BusCalls::new(metrics, &handler.name)),
                handler: Arc::clone(&handler),
            };
            (Arc::clone(&handler.name), member)
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

    fn member(&self, name: &str) -> Result<&Member, CallError> {
        let member = self.members.get(name);
        member.ok_or_else(|| CallError::NotFound(name.to_owned()))
    }

    pub(crate) fn find(&self, name: &str) -> Result<Arc<Handler>, CallError> {
        Ok(Arc::clone(&self.member(name)?.handler))
    }

    /// In the order of their names.
    pub(super) fn handlers(&self) -> Vec<Arc<Handler>> {
        let members = self.members.values();
        let mut handlers: Vec<_> = members.map(|it| Arc::clone(&it.handler)).collect();
        handlers.sort_by(|one, other| one.name.cmp(&other.name));
        handlers
    }

    /// Counts how a call ended, and how long it took.
    pub(super) async fn counted(
        &self,
        callee: &Handler,
        operation: &'static str,
        called: impl Future<Output = Result<Reply, CallError>>,
    ) -> Result<Reply, CallError> {
        let begun = Instant::now();
        let answer = called.await;
        let failed = answer.as_ref().err().map(CallError::kind);
        self.ended(callee, operation, begun.elapsed(), failed);
        answer
    }

    /// Counts a call that has ended.
    pub(super) fn ended(
        &self,
        callee: &Handler,
        operation: &'static str,
        elapsed: Duration,
        failed: Option<&'static str>,
    ) {
        if let Ok(member) = self.member(&callee.name) {
            member.calls.ended(operation, elapsed, failed);
        }
    }

    pub(super) async fn dispatch(
        self: &Arc<Self>,
        callee: Arc<Handler>,
        call: Call,
        deadline: Instant,
        waited: Duration,
    ) -> Result<(), CallError> {
        let room = Arc::clone(&self.member(&callee.name)?.room);
        let room = timeout_at(deadline, room.acquire_owned())
            .await
            .map_err(|_| CallError::LineFull {
                handler: callee.name.as_ref().to_owned(),
                replicas: callee.replicas,
                waiting: callee.longest_line(),
            })?;
        tracing::trace!(handler = &*callee.name, ?waited, "dispatched");
        let hub = Arc::clone(self);
        let running = async move {
            let answer = hub.counted(&callee, "dispatch", callee.call_in_time(call));
            if let Err(error) = answer.await {
                tracing::error!(
                    handler = &*callee.name,
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

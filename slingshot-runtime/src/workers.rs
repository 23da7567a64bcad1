//! Where functions run: ordinary ones on threads of their own, `async` ones on the runtime.

mod clock;
mod functions;
mod line;
mod workshop;

use std::{
    io,
    panic::AssertUnwindSafe,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    thread,
    time::Duration,
};

use futures_util::FutureExt as _;
use tokio::time::Instant;
use tracing::{Instrument as _, Span};

pub(crate) use clock::{Clock, overdue};
pub(crate) use workshop::Workshop;

use self::{functions::FunctionRuntime, line::Line};
use crate::{
    Delivery,
    database::{Client, WorkerConnection},
    failure::Failure,
    function::{Process, SharedAsyncCall, SharedCall},
    message_id::OutputIds,
    settle::Committed,
    trace::TraceContext,
};

/// Names a message: the delivery tag, and the connection that it is valid on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ticket {
    pub(crate) session: u64,
    pub(crate) tag: u64,
}

/// A message for the function.
pub(crate) struct Job {
    pub(crate) ticket: Ticket,
    pub(crate) request: u64,
    pub(crate) delivery: Delivery,
    pub(crate) trace: TraceContext,
    pub(crate) clock: Arc<Clock>,
}

impl Job {
    fn span(&self, service: &str) -> Span {
        let delivery = &self.delivery;
        self.trace
            .log_span(service, delivery.message_id(), delivery.attempt())
    }
}

/// What came of a job.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) ticket: Ticket,
    pub(crate) result: Result<Committed, Failure>,
    pub(crate) elapsed: Duration,
}

/// A service's workers: as many as it has replicas.
pub(crate) struct Workers {
    workshop: Workshop,
    process: Process,
    line: Arc<Line<Job, Done>>,
    /// Where the function runs if it is `async`.
    functions: Option<FunctionRuntime>,
    /// Replaced workers whose function has not returned. For a moment one may return before it is counted.
    stuck: Arc<AtomicI64>,
}

impl Workers {
    /// Starts them. The line is as long as the prefetch: no message enters that the broker has not handed
    /// out, and so none leaves.
    pub(crate) fn start(
        workshop: Workshop,
        process: Process,
        replicas: u32,
        prefetch: u16,
    ) -> io::Result<Self> {
        let functions = match &process {
            Process::Sync(_) => None,
            Process::Async(_) => Some(FunctionRuntime::start(&workshop.service, replicas)?),
        };
        let workers = Self {
            workshop,
            process,
            line: Arc::new(Line::new(prefetch.into())),
            functions,
            stuck: Arc::default(),
        };
        for _ in 0..replicas {
            workers.start_one()?;
        }
        Ok(workers)
    }

    /// False if there is no room, which there is for as many as the prefetch.
    #[must_use]
    pub(crate) fn submit(&self, job: Job) -> bool {
        self.line.push(job)
    }

    /// Whether there is anything that no worker has begun.
    pub(crate) fn has_unstarted(&self) -> bool {
        !self.line.is_empty()
    }

    /// The next message that a worker is done with.
    pub(crate) async fn done(&self) -> Done {
        self.line.done().await
    }

    /// To be called now and then while there is work, so that no worker sleeps beside it.
    pub(crate) fn look_again(&self) {
        self.line.look_again();
    }

    /// Takes back what no worker has begun.
    pub(crate) fn take_unstarted(&self) -> impl Iterator<Item = Ticket> {
        self.line.take_all().into_iter().map(|job| job.ticket)
    }

    /// Puts another worker in the place of one whose function does not return; that one goes when it does.
    /// Says how many there are now that have not gone. (An `async` function is dropped at its limit, and its
    /// worker goes on.)
    pub(crate) fn replace_one(&self) -> io::Result<i64> {
        let stuck = self.stuck.fetch_add(1, Ordering::Relaxed) + 1;
        self.start_one()?;
        Ok(stuck)
    }

    fn start_one(&self) -> io::Result<()> {
        let workshop = self.workshop.clone();
        let line = Arc::clone(&self.line);
        match &self.process {
            Process::Sync(call) => {
                let (call, stuck) = (Arc::clone(call), Arc::clone(&self.stuck));
                let name = workshop.service.to_string();
                let work = move || {
                    if work_blocking(&workshop, &call, &line) == Ended::Overdue {
                        stuck.fetch_sub(1, Ordering::Relaxed);
                    }
                };
                thread::Builder::new().name(name).spawn(work)?;
            }
            Process::Async(call) => {
                let call = Arc::clone(call);
                let runtime = self.functions.as_ref().and_then(FunctionRuntime::handle);
                let work = async move { work_async(&workshop, &call, &line).await };
                runtime.unwrap_or(&self.workshop.runtime).spawn(work);
            }
        }
        Ok(())
    }
}

/// The workers end with the service.
impl Drop for Workers {
    fn drop(&mut self) {
        self.line.close();
    }
}

/// Why a worker's thread ends.
#[derive(PartialEq)]
enum Ended {
    /// With the service.
    Service,
    /// Its function returned too late, and another worker has its place.
    Overdue,
}

/// One replica of an ordinary function.
fn work_blocking(workshop: &Workshop, call: &SharedCall, line: &Line<Job, Done>) -> Ended {
    let mut connection = WorkerConnection::new(workshop.client(Client::Blocking));
    while let Some(job) = line.take_blocking() {
        let started = job.clock.start();
        let ids = OutputIds::of(&workshop.service, job.delivery.message_id());
        let result = job
            .span(&workshop.service)
            .in_scope(|| workshop.call_blocking(call, &mut connection, &job, &ids));
        let Some(result) = result else {
            return Ended::Overdue;
        };
        let elapsed = started.elapsed();
        let done = Done {
            ticket: job.ticket,
            result,
            elapsed,
        };
        line.bring_back(done, elapsed);
    }
    Ended::Service
}

/// One replica of an `async` function.
async fn work_async(workshop: &Workshop, call: &SharedAsyncCall, line: &Line<Job, Done>) {
    let mut connection = WorkerConnection::new(workshop.client(Client::Async));
    while let Some(job) = line.take().await {
        let started = Instant::now();
        let ids = OutputIds::of(&workshop.service, job.delivery.message_id());
        // A future may panic where it is dropped too, and its worker goes on.
        let called = workshop
            .call_async(call, &mut connection, &job, &ids)
            .instrument(job.span(&workshop.service));
        let called = AssertUnwindSafe(called).catch_unwind();
        let result = called
            .await
            .unwrap_or_else(|panic| Err(Failure::panicked(&*panic)));
        let elapsed = started.elapsed();
        let done = Done {
            ticket: job.ticket,
            result,
            elapsed,
        };
        line.bring_back(done, elapsed);
    }
}

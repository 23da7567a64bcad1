//! Where functions run: ordinary ones on threads of their own, `async` ones on the runtime.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU8, Ordering},
    },
    thread,
    time::Duration,
};

use futures_util::FutureExt as _;
use tokio::{
    runtime::Handle,
    sync::mpsc,
    time::{Instant, timeout},
};

use crate::{
    AnyError, Delivery, ReadFileFn, WriteFileFn,
    argument::{Needs, Parts},
    database::{Database, Work, WorkerConnection},
    failure::{Failure, Kind},
    function::{SharedCall, Startup},
    message_id::OutputIds,
    objects::{Access, MessageFiles, ObjectReader, ObjectWriter, Objects},
    registration::OutcomeFuture,
    returns::{Outcome, Outputs},
    routes::Routes,
    settle::{Committed, Returned, Uploaded},
};

/// A service's function.
#[derive(Clone)]
pub(crate) enum Process {
    Sync(SharedCall),
    Async(for<'a> fn(Parts<'a>) -> OutcomeFuture<'a>),
}

/// What every call of a service's functions works with.
#[derive(Clone)]
pub(crate) struct Workshop {
    pub(crate) service: Arc<str>,
    pub(crate) routes: Arc<Routes>,
    /// What the function takes; the startup function may take something else.
    pub(crate) needs: Needs,
    pub(crate) objects: Option<Objects>,
    pub(crate) database: Option<Arc<Database>>,
    /// Whether database work is one transaction.
    pub(crate) transaction: bool,
    /// How long one call may take.
    pub(crate) limit: Duration,
    pub(crate) runtime: Handle,
}

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
    pub(crate) clock: Arc<Clock>,
}

/// What came of a job.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) ticket: Ticket,
    pub(crate) result: Result<Committed, Failure>,
    pub(crate) elapsed: Duration,
}

/// Decides between a function that returns and a time limit that passes: the first one counts.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    started: OnceLock<Instant>,
    end: AtomicU8,
}

const RETURNED: u8 = 1;
const OVERDUE: u8 = 2;

impl Clock {
    /// How long the function has been running; none before it starts.
    fn elapsed(&self) -> Option<Duration> {
        self.started.get().map(Instant::elapsed)
    }

    /// Declares the function overdue if it has run for longer than the limit. True once.
    pub(crate) fn overdue(&self, limit: Duration) -> bool {
        self.elapsed().is_some_and(|elapsed| elapsed > limit) && self.end(OVERDUE)
    }

    /// Whether the function returned while somebody still waited for it.
    fn returned(&self) -> bool {
        self.end(RETURNED)
    }

    fn end(&self, end: u8) -> bool {
        self.end
            .compare_exchange(0, end, Ordering::AcqRel, Ordering::Acquire)
            .is_ok()
    }
}

/// The failure of a message whose function ran too long.
pub(crate) fn overdue(limit: Duration) -> Failure {
    Failure::new(
        Kind::Timeout,
        format!("the function did not return within {limit:?}"),
    )
}

/// A service's workers: as many as it has replicas.
pub(crate) struct Workers {
    workshop: Workshop,
    process: Process,
    jobs: flume::Sender<Job>,
    /// The workers' own end, for what they have not begun.
    waiting: flume::Receiver<Job>,
    done: mpsc::Sender<Done>,
}

impl Workers {
    /// Starts them. Both lines are as long as the prefetch: no message enters that the broker has not
    /// handed out.
    pub(crate) fn start(
        workshop: Workshop,
        process: Process,
        replicas: u32,
        prefetch: u16,
    ) -> (Self, mpsc::Receiver<Done>) {
        let (jobs, waiting) = flume::bounded(prefetch.into());
        let (done, finished) = mpsc::channel(prefetch.into());
        let workers = Self {
            workshop,
            process,
            jobs,
            waiting,
            done,
        };
        for _ in 0..replicas {
            workers.start_one();
        }
        (workers, finished)
    }

    pub(crate) fn submit(&self, job: Job) {
        self.jobs
            .try_send(job)
            .expect("the line is as long as the prefetch, and its other end is ours too");
    }

    /// Takes back what no worker has begun.
    pub(crate) fn take_unstarted(&self) -> impl Iterator<Item = Ticket> {
        self.waiting.try_iter().map(|job| job.ticket)
    }

    /// Puts another worker in the place of one whose function does not return. That one goes when it
    /// does. An `async` function is dropped at its limit, and its worker goes on.
    pub(crate) fn replace_one(&self) {
        if matches!(self.process, Process::Sync(_)) {
            self.start_one();
        }
    }

    fn start_one(&self) {
        let workshop = self.workshop.clone();
        let (waiting, done) = (self.waiting.clone(), self.done.clone());
        match &self.process {
            Process::Sync(call) => {
                let call = Arc::clone(call);
                let started = thread::Builder::new()
                    .name(workshop.service.to_string())
                    .spawn(move || work_blocking(&workshop, &call, &waiting, &done));
                if let Err(error) = started {
                    tracing::error!(%error, "a worker's thread did not start");
                }
            }
            Process::Async(call) => {
                let call = *call;
                let runtime = workshop.runtime.clone();
                runtime.spawn(async move { work_async(&workshop, call, &waiting, &done).await });
            }
        }
    }
}

/// One replica of an ordinary function.
fn work_blocking(
    workshop: &Workshop,
    call: &SharedCall,
    waiting: &flume::Receiver<Job>,
    done: &mpsc::Sender<Done>,
) {
    let mut connection = WorkerConnection::default();
    while let Ok(job) = waiting.recv() {
        let started = *job.clock.started.get_or_init(Instant::now);
        let ids = OutputIds::of(&workshop.service, job.delivery.message_id());
        let result = workshop.call_blocking(call, &mut connection, &job, &ids);
        let Some(result) = result else {
            // Overdue: another worker has this one's place.
            return;
        };
        let finished = Done {
            ticket: job.ticket,
            result,
            elapsed: started.elapsed(),
        };
        if done.blocking_send(finished).is_err() {
            return;
        }
    }
}

/// One replica of an `async` function.
async fn work_async(
    workshop: &Workshop,
    call: for<'a> fn(Parts<'a>) -> OutcomeFuture<'a>,
    waiting: &flume::Receiver<Job>,
    done: &mpsc::Sender<Done>,
) {
    while let Ok(job) = waiting.recv_async().await {
        let started = Instant::now();
        let ids = OutputIds::of(&workshop.service, job.delivery.message_id());
        let finished = Done {
            ticket: job.ticket,
            result: workshop.call_async(call, &job, &ids).await,
            elapsed: started.elapsed(),
        };
        if done.send(finished).await.is_err() {
            return;
        }
    }
}

impl Workshop {
    /// Runs the startup function.
    pub(crate) fn call_startup(mut self, startup: &Startup) -> Result<Committed, Failure> {
        self.needs = startup.needs;
        let job = Job {
            ticket: Ticket { session: 0, tag: 0 },
            request: 0,
            delivery: Delivery::default(),
            clock: Arc::default(),
        };
        let ids = OutputIds::of(&self.service, None);
        self.call_blocking(&startup.call, &mut WorkerConnection::default(), &job, &ids)
            .unwrap_or_else(|| Err(overdue(self.limit)))
    }

    /// From the function to the commit. None when the function returned too late to count.
    fn call_blocking(
        &self,
        call: &SharedCall,
        connection: &mut WorkerConnection,
        job: &Job,
        ids: &OutputIds,
    ) -> Option<Result<Committed, Failure>> {
        let files = self.files(Access::Blocking(self.runtime.clone()));
        let begun = self
            .database
            .as_ref()
            .filter(|_| self.needs.database)
            .map(|database| connection.begin(database, self.transaction))
            .transpose();
        let mut work = match begun {
            Ok(work) => work,
            Err(error) => return Some(Err(Failure::new(Kind::Database, error))),
        };
        let read_file = files.as_ref().map(reader);
        let write_file = files.as_ref().map(writer);
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            call(Parts {
                request: job.request,
                read_file: read_file.as_ref().map(|read_file| read_file as &ReadFileFn),
                write_file: write_file
                    .as_ref()
                    .map(|write_file| write_file as &WriteFileFn),
                connection: work.as_mut().map(Work::connection),
                delivery: &job.delivery,
            })
        }));
        if !job.clock.returned() {
            return None;
        }
        let outputs = match judged(outcome) {
            Ok(outputs) => outputs,
            Err(failure) => {
                if let Some(work) = work {
                    work.roll_back();
                }
                return Some(Err(failure));
            }
        };
        let returned = Returned {
            outputs,
            files,
            work,
        };
        let committed = returned
            .route(&self.service, &self.routes, ids)
            .and_then(|routed| {
                if routed.has_files() {
                    self.runtime.block_on(routed.upload())
                } else {
                    routed.upload().now_or_never().expect("nothing to upload")
                }
            })
            .and_then(Uploaded::commit);
        Some(committed)
    }

    async fn call_async(
        &self,
        call: for<'a> fn(Parts<'a>) -> OutcomeFuture<'a>,
        job: &Job,
        ids: &OutputIds,
    ) -> Result<Committed, Failure> {
        let files = self.files(Access::Asynchronous);
        let read_file = files.as_ref().map(reader);
        let write_file = files.as_ref().map(writer);
        let running = call(Parts {
            request: job.request,
            read_file: read_file.as_ref().map(|read_file| read_file as &ReadFileFn),
            write_file: write_file
                .as_ref()
                .map(|write_file| write_file as &WriteFileFn),
            connection: None,
            delivery: &job.delivery,
        });
        let outcome = timeout(self.limit, AssertUnwindSafe(running).catch_unwind())
            .await
            .map_err(|_| overdue(self.limit))?;
        let returned = Returned {
            outputs: judged(outcome)?,
            files,
            work: None,
        };
        let routed = returned.route(&self.service, &self.routes, ids)?;
        routed.upload().await?.commit()
    }

    fn files(&self, access: Access) -> Option<Arc<MessageFiles>> {
        let objects = self.objects.clone().filter(|_| self.needs.objects)?;
        Some(Arc::new(MessageFiles::new(objects, access)))
    }
}

/// What [`ReadFileFn`] is for one message.
fn reader(
    files: &Arc<MessageFiles>,
) -> impl Fn(&str, u64) -> Result<ObjectReader, AnyError> + use<> {
    let files = Arc::clone(files);
    move |key, id| files.open_reader(key, id)
}

/// What [`WriteFileFn`] is for one message.
fn writer(
    files: &Arc<MessageFiles>,
) -> impl Fn(&str, u64) -> Result<ObjectWriter, AnyError> + use<> {
    let files = Arc::clone(files);
    move |key, id| files.open_writer(key, id)
}

/// A panic is a failure like any other.
fn judged(outcome: Result<Outcome, Box<dyn Any + Send>>) -> Result<Outputs, Failure> {
    match outcome {
        Ok(Ok(outputs)) => Ok(outputs),
        Ok(Err(error)) => Err(Failure::returned(error)),
        Err(panic) => Err(Failure::panicked(&*panic)),
    }
}

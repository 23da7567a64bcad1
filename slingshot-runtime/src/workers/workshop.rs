//! One call of a function: from what it is given to the commit of what it did.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::Duration,
};

use futures_util::FutureExt as _;
use tokio::{
    runtime::Handle,
    time::{Instant, timeout_at},
};

use super::{Job, Ticket, clock::overdue};
use crate::{
    AnyError, Bus, Delivery, ReadFileFn, WriteFileFn,
    argument::{Needs, Parts},
    database::{Claimed, Client, Database, Inbox, Work, WorkerConnection},
    failure::Failure,
    function::{Process, SharedAsyncCall, SharedCall, Startup},
    message_id::OutputIds,
    meter::{Dependency, Meter},
    objects::{Access, MessageFiles, ObjectReader, ObjectWriter, Objects},
    returns::{Outcome, Outputs},
    routes::CurrentRoutes,
    settle::{Committed, Returned, Routed},
    trace::TraceContext,
};

/// What every call of a service's functions works with.
#[derive(Clone)]
pub(crate) struct Workshop {
    pub(crate) service: Arc<str>,
    pub(crate) routes: CurrentRoutes,
    /// What the function takes; the startup function may take something else.
    pub(crate) needs: Needs,
    pub(crate) objects: Option<Objects>,
    pub(crate) database: Option<Arc<Database>>,
    /// Which client the functions work with, whatever they are.
    pub(crate) client: Option<Client>,
    /// Keeps a redelivered message from being worked on twice.
    pub(crate) inbox: Option<Arc<Inbox>>,
    /// Whether database work is one transaction.
    pub(crate) transaction: bool,
    pub(crate) meter: Arc<Meter>,
    /// How long one call may take.
    pub(crate) limit: Duration,
    pub(crate) runtime: Handle,
    pub(crate) bus: Bus,
}

impl Workshop {
    /// The client of a function that by itself would work with `usual`.
    pub(super) fn client(&self, usual: Client) -> Client {
        self.client.clone().unwrap_or(usual)
    }

    /// Runs the startup function, on a thread that may block.
    pub(crate) fn call_startup(mut self, startup: &Startup) -> Result<Committed, Failure> {
        self.needs = startup.needs;
        // There is no message.
        self.inbox = None;
        let job = Job {
            ticket: Ticket { session: 0, tag: 0 },
            request: 0,
            delivery: Delivery::default(),
            trace: TraceContext::root(),
            clock: Arc::default(),
        };
        let ids = OutputIds::of(&self.service, None);
        let mut connection = WorkerConnection::new(self.client(startup.process.client()));
        match &startup.process {
            Process::Sync(call) => self
                .call_blocking(call, &mut connection, &job, &ids)
                .unwrap_or_else(|| Err(overdue(self.limit))),
            Process::Async(call) => {
                let running = self.call_async(call, &mut connection, &job, &ids);
                self.runtime.block_on(running)
            }
        }
    }

    /// From the function to the commit. None when the function returned too late to count.
    pub(super) fn call_blocking(
        &self,
        call: &SharedCall,
        connection: &mut WorkerConnection,
        job: &Job,
        ids: &OutputIds,
    ) -> Option<Result<Committed, Failure>> {
        let begun = match self.database_for(&job.delivery) {
            Some(database) => {
                self.runtime
                    .block_on(self.begin(database, connection, &job.delivery, ids))
            }
            None => Ok(Begun::Call(None)),
        };
        let mut work = match begun {
            Ok(Begun::Call(work)) => work,
            // Another process may have been waited for until nobody waited here.
            Ok(Begun::Before(committed)) => return job.clock.returned().then_some(Ok(committed)),
            Err(failure) => return job.clock.returned().then_some(Err(failure)),
        };
        let files = self.files(Access::Blocking(self.runtime.clone()));
        let read_file = files.as_ref().map(reader);
        let write_file = files.as_ref().map(writer);
        let bus = self.bus_for(job);
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            call(Parts {
                request: job.request,
                read_file: read_file.as_ref().map(|read_file| read_file as &ReadFileFn),
                write_file: write_file
                    .as_ref()
                    .map(|write_file| write_file as &WriteFileFn),
                files: files.as_ref(),
                connection: work.as_mut().map(Work::connection),
                delivery: &job.delivery,
                bus: Some(&bus),
            })
        }));
        if !job.clock.returned() {
            return None;
        }
        let outputs = match judged(outcome) {
            Ok(outputs) => outputs,
            Err(failure) => return Some(Err(self.runtime.block_on(undone(work, failure)))),
        };
        let returned = Returned {
            outputs,
            files,
            work,
        };
        let routed = returned.route(&self.service, &self.routes.get(), ids);
        let committed = routed.and_then(|routed| {
            if routed.has_work() {
                self.runtime.block_on(committed(routed))
            } else {
                committed(routed)
                    .now_or_never()
                    .expect("nothing to wait for")
            }
        });
        Some(committed)
    }

    pub(super) async fn call_async(
        &self,
        call: &SharedAsyncCall,
        connection: &mut WorkerConnection,
        job: &Job,
        ids: &OutputIds,
    ) -> Result<Committed, Failure> {
        let until = Instant::now() + self.limit;
        let begun = match self.database_for(&job.delivery) {
            Some(database) => {
                let begin = self.begin(database, connection, &job.delivery, ids);
                timeout_at(until, begin)
                    .await
                    .map_err(|_| overdue(self.limit))??
            }
            None => Begun::Call(None),
        };
        let mut work = match begun {
            Begun::Call(work) => work,
            Begun::Before(committed) => return Ok(committed),
        };
        let files = self.files(Access::Asynchronous);
        let read_file = files.as_ref().map(reader);
        let write_file = files.as_ref().map(writer);
        let bus = self.bus_for(job);
        let running = call(Parts {
            request: job.request,
            read_file: read_file.as_ref().map(|read_file| read_file as &ReadFileFn),
            write_file: write_file
                .as_ref()
                .map(|write_file| write_file as &WriteFileFn),
            files: files.as_ref(),
            connection: work.as_mut().map(Work::connection),
            delivery: &job.delivery,
            bus: Some(&bus),
        });
        // One that is overdue is dropped, and the connection that it was using is closed.
        let outcome = timeout_at(until, AssertUnwindSafe(running).catch_unwind())
            .await
            .map_err(|_| overdue(self.limit))?;
        let outputs = match judged(outcome) {
            Ok(outputs) => outputs,
            Err(failure) => return Err(undone(work, failure).await),
        };
        let returned = Returned {
            outputs,
            files,
            work,
        };
        committed(returned.route(&self.service, &self.routes.get(), ids)?).await
    }

    /// The bus, within the message's trace.
    fn bus_for(&self, job: &Job) -> Bus {
        self.bus.clone().within(job.trace.clone())
    }

    /// The database, if the function or the inbox needs it for this message.
    fn database_for(&self, delivery: &Delivery) -> Option<&Database> {
        let inbox = self.inbox.as_ref();
        let protected = inbox.and_then(|inbox| inbox.id(delivery.message_id()));
        let needed = self.needs.database || protected.is_some();
        self.database.as_deref().filter(|_| needed)
    }

    async fn begin<'a>(
        &self,
        database: &Database,
        connection: &'a mut WorkerConnection,
        delivery: &Delivery,
        ids: &OutputIds,
    ) -> Result<Begun<'a>, Failure> {
        let work = connection.begin(database, self.transaction).await?;
        self.meter.used(Dependency::Database);
        let Some(inbox) = &self.inbox else {
            return Ok(Begun::Call(Some(work)));
        };
        match inbox.id(delivery.message_id()) {
            None => Ok(Begun::Call(Some(work))),
            Some(message_id) => match work.claim(inbox, message_id).await? {
                Claimed::Now(work) => Ok(Begun::Call(Some(work))),
                Claimed::Before(outputs) => {
                    Committed::before(outputs, &self.service, &self.routes.get(), ids)
                        .map(Begun::Before)
                }
            },
        }
    }

    fn files(&self, access: Access) -> Option<Arc<MessageFiles>> {
        let objects = self.objects.clone().filter(|_| self.needs.objects)?;
        Some(Arc::new(MessageFiles::new(objects, access)))
    }
}

/// How a message's work begins.
enum Begun<'a> {
    /// With a call of the function.
    Call(Option<Work<'a>>),
    /// It was done before, and the function is not called.
    Before(Committed),
}

async fn committed(routed: Routed<'_>) -> Result<Committed, Failure> {
    routed.upload().await?.commit().await
}

/// Undoes a function's work. One that failed while its connection broke failed for that.
async fn undone(work: Option<Work<'_>>, failure: Failure) -> Failure {
    let Some(work) = work else { return failure };
    // A connection that is gone, or to a server that takes no writes any more, is not kept.
    if failure.outage() == Some(Dependency::Database) || work.roll_back().await {
        return failure;
    }
    failure.during(Dependency::Database)
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

/// A panic is a failure like any other, also one of the error when it is asked what it says.
fn judged(outcome: Result<Outcome, Box<dyn Any + Send>>) -> Result<Outputs, Failure> {
    match outcome {
        Ok(Ok(outputs)) => Ok(outputs),
        Ok(Err(error)) => Err(catch_unwind(AssertUnwindSafe(|| Failure::returned(error)))
            .unwrap_or_else(|panic| Failure::panicked(&*panic))),
        Err(panic) => Err(Failure::panicked(&*panic)),
    }
}

#[cfg(test)]
mod tests {
    use std::fmt;

    use super::*;

    #[derive(Debug)]
    struct Speechless;

    #[expect(clippy::panic_in_result_fn, reason = "the panic is what is tested")]
    impl fmt::Display for Speechless {
        fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
            panic!("no words")
        }
    }

    impl std::error::Error for Speechless {}

    #[test]
    fn an_error_that_panics_when_displayed_is_a_panic() {
        let failure = judged(Ok(Err(Speechless.into()))).expect_err("an error");
        assert_eq!(
            (failure.kind().name(), failure.message()),
            ("panic", "panicked: no words")
        );
    }
}

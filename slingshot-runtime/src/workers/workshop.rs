//! One call of a function: from what it is given to the commit of what it did.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::Duration,
};

use futures_util::FutureExt as _;
use tokio::{runtime::Handle, time::timeout};

use super::{Job, Ticket, clock::overdue};
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
    routes::CurrentRoutes,
    settle::{Committed, Returned, Uploaded},
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
    /// Whether database work is one transaction.
    pub(crate) transaction: bool,
    /// How long one call may take.
    pub(crate) limit: Duration,
    pub(crate) runtime: Handle,
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
    pub(super) fn call_blocking(
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
            .route(&self.service, &self.routes.get(), ids)
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

    pub(super) async fn call_async(
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
        let routed = returned.route(&self.service, &self.routes.get(), ids)?;
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
            (failure.kind(), failure.message()),
            ("panic", "panicked: no words")
        );
    }
}

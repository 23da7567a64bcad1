//! A service's life: its startup function, and one connection after another until it has drained.

use std::{
    future::poll_fn,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    pin::pin,
    sync::Arc,
    time::Duration,
};

use tokio::{
    runtime::{Builder, Handle},
    sync::oneshot,
    time::{Instant, sleep, timeout},
};

use super::{
    Drained, Service, ServiceError,
    session::{Returning, Session, SessionError},
};
use crate::{
    amqp::{BrokerError, Connection, within},
    backoff::Backoff,
    drain::{Drain, Phase},
    failure::Failure,
    meter::Dependency,
    report::State,
    settle::{Committed, Outlet},
    trace::TraceContext,
    workers::{Workers, overdue},
};

/// How long a starting service waits for a broker that does not answer. One that has answered once is
/// waited for without end.
const FIRST_CONNECTION: Duration = Duration::from_mins(1);

/// How long the broker may take for the connection and the queues together.
const OPEN_TIMEOUT: Duration = Duration::from_mins(1);

/// A connection that lived as long as this was a good one: after it, waits begin anew.
const GOOD_CONNECTION: Duration = Duration::from_secs(10);

impl Service {
    /// Runs the startup function, and then the service until it has drained.
    pub(crate) async fn run(self, drain: Drain) -> Result<Drained, ServiceError> {
        if let Some(inbox) = self.workshop.inbox.clone() {
            // It was found there.
            self.meter.used(Dependency::Database);
            drop(tokio::spawn(inbox.keep_pruned(drain.clone())));
        }
        self.stay_alive_apart(drain).await
    }

    /// Speaks with the broker on a thread of its own. What wakes what there is another task of the thread, and
    /// not another thread: between several, each message would be handed over a dozen times. Nor does anything
    /// else that the process does stand before it. It looks after no socket, for that makes each wait dearer:
    /// the process's runtime does ([`polled_in`]).
    async fn stay_alive_apart(self, drain: Drain) -> Result<Drained, ServiceError> {
        let runtime = Builder::new_current_thread().enable_time().build();
        let runtime = runtime.map_err(ServiceError::Threads)?;
        let (sender, ended) = oneshot::channel();
        let speak = move || {
            let ended = catch_unwind(AssertUnwindSafe(|| {
                runtime.block_on(self.stay_alive(drain))
            }));
            // Whoever waited has gone with the process.
            drop(sender.send(ended));
            runtime.shutdown_background();
        };
        let thread = std::thread::Builder::new().name("broker".to_owned());
        thread.spawn(speak).map_err(ServiceError::Threads)?;
        ended
            .await
            .expect("the thread says how it ended, also when it panics")
            .unwrap_or_else(|panic| resume_unwind(panic))
    }

    /// Whatever the broker does, the service connects again.
    async fn stay_alive(&self, mut drain: Drain) -> Result<Drained, ServiceError> {
        let mut startup = tokio::select! {
            outputs = self.run_startup() => outputs?,
            // It runs again at the next start, as it would after a crash.
            () = drain.clone().over() => return Ok(Drained { interrupted: 1 }),
        };
        let workers = Workers::start(
            self.workshop.clone(),
            self.process.clone(),
            self.replicas,
            self.prefetch,
        )
        .map_err(ServiceError::Threads)?;
        let mut backoff = Backoff::default();
        let mut give_up = Some(Instant::now() + FIRST_CONNECTION);
        let mut number = 0;
        let mut unsettled = 0;
        let mut returning = Returning::default();
        while drain.phase() == Phase::Running {
            number += 1;
            let turn = Turn {
                number,
                workers: &workers,
                startup: &mut startup,
                give_up: &mut give_up,
                unsettled: &mut unsettled,
                returning: &mut returning,
            };
            let begun = Instant::now();
            let error = match self.turn(turn, drain.clone()).await {
                Ok(drained) => return Ok(drained),
                Err(SessionError::Broker(error)) => error,
                Err(error) => return Err(error.into()),
            };
            // What the workers have not begun, the broker hands out again.
            let forgotten = workers.take_unstarted().count();
            if drain.phase() != Phase::Running {
                tracing::warn!(service = self.name, %error, "the connection broke while draining");
                break;
            }
            self.meter.state(State::Starting);
            self.meter
                .dependency(Dependency::Broker, Err(error.to_string()));
            self.explain(&error);
            if give_up.is_none() && begun.elapsed() >= GOOD_CONNECTION {
                backoff.reset();
            }
            let wait = backoff.after_failure();
            if give_up.is_some_and(|instant| Instant::now() + wait > instant) {
                return Err(error.into());
            }
            tracing::warn!(service = self.name, %error, forgotten, ?wait, "connecting again");
            tokio::select! {
                () = sleep(wait) => unsettled = 0,
                () = drain.reached(Phase::Draining) => {}
            }
        }
        let interrupted = unsettled + usize::from(startup.is_some());
        Ok(Drained { interrupted })
    }

    /// One connection, from its opening to its end.
    async fn turn(&self, turn: Turn<'_>, drain: Drain) -> Result<Drained, SessionError> {
        *turn.unsettled = 0;
        let mut draining = drain.clone();
        let opening = async {
            let (connection, outlet) = self.open(turn.number).await?;
            if let Some(outputs) = turn.startup {
                outputs
                    .publish(&outlet.publisher, &TraceContext::root())
                    .await?;
                *turn.startup = None;
            }
            let returning = *turn.returning;
            // Messages may be on their way before the broker has answered.
            *turn.returning = returning.and_of_another(self.prefetch);
            let (workers, number) = (turn.workers, turn.number);
            let session = Session::open(self, workers, number, returning, &connection, outlet);
            let session = within(OPEN_TIMEOUT, "begin to deliver", session).await?;
            Ok::<_, BrokerError>((connection, session))
        };
        let opened = tokio::select! {
            opened = opening => Some(opened?),
            () = draining.reached(Phase::Draining) => None,
        };
        let Some((connection, session)) = opened else {
            let interrupted = usize::from(turn.startup.is_some());
            return Ok(Drained { interrupted });
        };
        if turn.give_up.take().is_some() {
            self.compare_limits(&connection);
        }
        self.meter.dependency(Dependency::Broker, Ok(()));
        self.meter.state(State::Ready);
        tracing::info!(
            service = self.name,
            queue = self.queue,
            replicas = self.replicas,
            prefetch = self.prefetch,
            admin = self.admin,
            "consuming"
        );
        let ended = session.run(&connection, drain).await;
        let how = ended.how;
        *turn.unsettled = ended.unsettled;
        *turn.returning = ended.returning.and_of_another(self.prefetch);
        if how.is_ok() {
            connection.close().await;
        }
        how
    }

    /// Warns of a function that may take longer than the broker has patience for.
    fn compare_limits(&self, connection: &Connection) {
        let consumer_timeout = connection.consumer_timeout();
        let Some(consumer_timeout) = consumer_timeout.filter(|brokers| self.limit >= *brokers)
        else {
            return;
        };
        tracing::warn!(
            service = self.name,
            timeout = ?self.limit,
            ?consumer_timeout,
            "the function may take longer than RabbitMQ lets a message be unless it is configured otherwise: \
             shorten `timeout`, or set the broker's `consumer_timeout` above it"
        );
    }

    /// Says what helps, where the broker's words do not.
    fn explain(&self, error: &BrokerError) {
        if let BrokerError::Impatient(words) = error {
            tracing::error!(
                service = self.name,
                broker = words,
                timeout = ?self.limit,
                "a message was in hand for longer than the broker allows, and comes again: give the \
                 function a shorter `timeout`, or the broker a longer `consumer_timeout`"
            );
        }
    }

    async fn open(&self, number: u64) -> Result<(Connection, Outlet), BrokerError> {
        let opening = async {
            let name = format!("slingshot:{}", self.name);
            let connecting = Connection::log_in(&self.broker, &self.password, &name);
            let connection = polled_in(&self.workshop.runtime, connecting).await?;
            let tiers = self.ensure_queues(&connection, number).await?;
            let publisher = connection.publisher(&self.name).await?;
            let publisher = publisher.counted_by(Arc::clone(&self.meter));
            Ok((connection, Outlet { publisher, tiers }))
        };
        within(OPEN_TIMEOUT, "open the connection and its queues", opening).await
    }

    async fn run_startup(&self) -> Result<Option<Committed>, ServiceError> {
        let Some(startup) = self.startup.clone() else {
            return Ok(None);
        };
        tracing::debug!(service = self.name, "running the startup function");
        let failed = |failure: Failure| ServiceError::Startup(failure.message().to_owned());
        let workshop = self.workshop.clone();
        let (sender, result) = oneshot::channel();
        let call = move || {
            // Nobody waits any more when the limit has passed, or the service has ended.
            drop(sender.send(workshop.call_startup(&startup)));
        };
        let started = std::thread::Builder::new().name(format!("{} startup", self.name));
        started.spawn(call).map_err(ServiceError::Threads)?;
        match timeout(self.limit, result).await {
            Ok(Ok(result)) => result.map(Some).map_err(failed),
            Ok(Err(_)) => Err(ServiceError::Startup("its thread panicked".to_owned())),
            Err(_) => Err(failed(overdue(self.limit))),
        }
    }
}

/// What one connection's life works on and leaves behind.
struct Turn<'a> {
    number: u64,
    workers: &'a Workers,
    /// The startup function's outputs, until they are published.
    startup: &'a mut Option<Committed>,
    /// When to stop waiting for the first connection.
    give_up: &'a mut Option<Instant>,
    /// Messages that the connection left unsettled at its end.
    unsettled: &'a mut usize,
    /// Messages that may come again by the next one.
    returning: &'a mut Returning,
}

/// A future whose sockets and processes belong to another runtime than the one that it is polled by.
async fn polled_in<T>(runtime: &Handle, future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    poll_fn(|context| {
        let _entered = runtime.enter();
        future.as_mut().poll(context)
    })
    .await
}

//! What happens once a function has returned, and in which order. Nothing else decides it.
//!
//! | step | why it stands here |
//! |---|---|
//! | route | a case without a route fails the message, so nothing of the message may exist yet |
//! | upload | an id must never be published for an object that is not there; an object that nobody was told of does no harm, and a repeated attempt overwrites it |
//! | commit | an id must never be published for rows that were rolled back; once committed, only publishing can fail, and a repeated attempt publishes the same message ids |
//! | publish | to every queue of the case: persistent, mandatory |
//! | confirm | until the broker has taken responsibility for the outputs, the input is all there is |
//! | ack | last: whatever dies before it, the broker hands the message out again |
//!
//! Each step is a type that only the step before can make, so that another order does not compile.
//!
//! A message that fails leaves this way before its commit, or after it when an output cannot be published.
//! [`retry`](crate::retry) says what becomes of it; here too, the copy that waits or is a dead letter is
//! confirmed before the original is acknowledged: in between there are two, and never none.

use std::{sync::Arc, time::SystemTime};

use futures_util::{FutureExt as _, StreamExt as _, TryStreamExt as _, stream};
use slingshot_settings::Retry;
use slingshot_topology::CaseValue;
use tracing::Instrument as _;

use crate::{
    amqp::{BrokerError, Inbound, Inbox, Publisher, Tiers},
    database::Work,
    failure::{Failure, Kind},
    message_id::OutputIds,
    meter::Ending,
    objects::MessageFiles,
    retry::{Fate, History, Retries, Wait},
    returns::Outputs,
    routes::{Publication, Routes},
    trace::TraceContext,
};

/// How many of one message's outputs may wait for their confirmation at once.
const OUTPUTS_IN_FLIGHT: usize = 256;

/// A function has returned without an error. Dropped, its files are deleted and its transaction is rolled
/// back.
pub(crate) struct Returned<'a> {
    pub(crate) outputs: Outputs,
    pub(crate) files: Option<Arc<MessageFiles>>,
    pub(crate) work: Option<Work<'a>>,
}

/// Every output has its queues.
pub(crate) struct Routed<'a> {
    publications: Vec<Publication>,
    cases: Vec<CaseValue>,
    files: Option<Arc<MessageFiles>>,
    work: Option<Work<'a>>,
}

/// Every written file is an object, and its local copy is gone.
pub(crate) struct Uploaded<'a> {
    publications: Vec<Publication>,
    cases: Vec<CaseValue>,
    work: Option<Work<'a>>,
}

/// The database has the message's rows.
#[derive(Debug)]
pub(crate) struct Committed {
    publications: Vec<Publication>,
    cases: Vec<CaseValue>,
    /// Whether by an earlier delivery of the message.
    before: bool,
}

/// The broker has everything that is to follow from the message: its outputs, or its dead letter.
#[derive(Debug)]
pub(crate) struct Confirmed(());

impl<'a> Returned<'a> {
    pub(crate) fn route(
        self,
        service: &str,
        routes: &Routes,
        ids: &OutputIds,
    ) -> Result<Routed<'a>, Failure> {
        let mut work = self.work;
        if let Some(work) = &mut work {
            work.remember(&self.outputs)?;
        }
        let (publications, cases) = routed(service, routes, self.outputs, ids)?;
        Ok(Routed {
            publications,
            cases,
            files: self.files,
            work,
        })
    }
}

impl<'a> Routed<'a> {
    /// Whether there is anything to upload or to commit; if not, neither waits.
    pub(crate) fn has_work(&self) -> bool {
        self.work.is_some() || self.files.as_ref().is_some_and(|files| !files.is_empty())
    }

    pub(crate) async fn upload(self) -> Result<Uploaded<'a>, Failure> {
        if let Some(files) = self.files {
            files
                .upload()
                .await
                .map_err(|error| Failure::new(Kind::Upload, error))?;
        }
        Ok(Uploaded {
            publications: self.publications,
            cases: self.cases,
            work: self.work,
        })
    }
}

impl Uploaded<'_> {
    pub(crate) async fn commit(self) -> Result<Committed, Failure> {
        if let Some(work) = self.work {
            work.commit().await?;
        }
        Ok(Committed {
            publications: self.publications,
            cases: self.cases,
            before: false,
        })
    }
}

impl Committed {
    /// What an earlier delivery of the message committed, routed as if its function had run now: the outputs
    /// may not have been published, for the message came again.
    pub(crate) fn before(
        outputs: Outputs,
        service: &str,
        routes: &Routes,
        ids: &OutputIds,
    ) -> Result<Self, Failure> {
        let (publications, cases) = routed(service, routes, outputs, ids)?;
        Ok(Self {
            publications,
            cases,
            before: true,
        })
    }

    /// Publishes every output and waits for every confirmation, many at once.
    pub(crate) async fn publish(
        &self,
        publisher: &Publisher,
        trace: &TraceContext,
    ) -> Result<Confirmed, BrokerError> {
        let publish = async |output: &Publication| {
            let (queue, message_id) = (Arc::clone(&output.queue), Arc::clone(&output.message_id));
            let publish = publisher.publish(queue, output.id, message_id, Some(trace));
            publish.await
        };
        match &*self.publications {
            [] => {}
            [output] => publish(output).await?,
            outputs => {
                let all = stream::iter(outputs)
                    .map(publish)
                    .buffered(OUTPUTS_IN_FLIGHT)
                    .try_collect::<()>();
                all.boxed().await?;
            }
        }
        Ok(Confirmed(()))
    }
}

fn routed(
    service: &str,
    routes: &Routes,
    outputs: Outputs,
    ids: &OutputIds,
) -> Result<(Vec<Publication>, Vec<CaseValue>), Failure> {
    let routed = routes.publications(service, outputs, ids);
    routed.map_err(|error| Failure::new(Kind::Unrouted, error))
}

impl Confirmed {
    pub(crate) fn ack(self, inbox: &Inbox, tag: u64) -> Result<(), BrokerError> {
        let Self(()) = self;
        inbox.ack(tag)
    }
}

/// Where a service's failed messages go, and what their copies say.
#[derive(Debug)]
pub(crate) struct Failures {
    service: String,
    /// The queue that the failed messages came from.
    queue: String,
    /// `<queue>.dlq`.
    pub(crate) dead_letter_queue: String,
    pub(crate) retries: Retries,
}

/// The ways out of a service on one connection.
#[derive(Debug)]
pub(crate) struct Outlet {
    pub(crate) publisher: Publisher,
    pub(crate) tiers: Tiers,
}

impl Outlet {
    /// Declares an output's queue again, for the next attempt to find it.
    async fn restore(&self, queue: &str) -> Result<(), BrokerError> {
        match self.tiers.restore(queue).await {
            Err(error @ BrokerError::NotDeclared { .. }) => {
                tracing::error!(%error, "an output has nowhere to go");
                Ok(())
            }
            restored => restored,
        }
    }
}

/// A message, and what is known of it.
#[derive(Debug)]
pub(crate) struct Received {
    pub(crate) inbound: Inbound,
    pub(crate) history: History,
}

/// How a message ended, to be acknowledged on the channel that it came by.
#[derive(Debug)]
pub(crate) struct Settled {
    pub(crate) tag: u64,
    pub(crate) ending: Ending,
    pub(crate) confirmed: Confirmed,
}

/// Publishes and confirms what follows from a message: its outputs, or else the copy that comes again or is
/// a dead letter. The caller acknowledges.
///
/// An error is one of the connection: nothing is settled, and the message comes again.
pub(crate) async fn publish(
    outlet: Arc<Outlet>,
    failures: Arc<Failures>,
    message: Received,
    result: Result<Committed, Failure>,
) -> Result<Settled, BrokerError> {
    let tag = message.inbound.tag();
    let failure = match result {
        Ok(committed) => {
            let trace = message.inbound.trace();
            match committed.publish(&outlet.publisher, trace).await {
                Ok(confirmed) => {
                    let ending = if committed.before {
                        Ending::Duplicate
                    } else {
                        Ending::Succeeded(committed.cases)
                    };
                    return Ok(Settled {
                        tag,
                        ending,
                        confirmed,
                    });
                }
                Err(error) if error.concerns_one_message() => {
                    if let BrokerError::Returned { queue, .. } = &error {
                        outlet.restore(queue).await?;
                    }
                    Failure::from(error)
                }
                Err(error) => return Err(error),
            }
        }
        Err(failure) => failure,
    };
    let Received { inbound, history } = &message;
    let trace = inbound.trace();
    // In a place of its own, so that the way of most messages is not as large as this one.
    let (ending, confirmed) = failures
        .publish(&outlet, &message, &failure)
        .instrument(trace.log_span(&failures.service, inbound.message_id(), history.attempt))
        .boxed()
        .await?;
    Ok(Settled {
        tag,
        ending,
        confirmed,
    })
}

/// The same for a message that nothing follows from when it succeeds: what was dispatched to a handler.
pub(crate) async fn settle_call(
    outlet: &Outlet,
    failures: &Failures,
    message: &Received,
    result: Result<(), Failure>,
) -> Result<Confirmed, BrokerError> {
    match result {
        Ok(()) => Ok(Confirmed(())),
        Err(failure) => Ok(failures.publish(outlet, message, &failure).await?.1),
    }
}

impl Failures {
    pub(crate) fn of(service: &str, queue: &str, retry: Retry) -> Self {
        Self {
            service: service.to_owned(),
            queue: queue.to_owned(),
            dead_letter_queue: format!("{queue}.dlq"),
            retries: Retries::new(queue, retry),
        }
    }

    async fn publish(
        &self,
        outlet: &Outlet,
        message: &Received,
        failure: &Failure,
    ) -> Result<(Ending, Confirmed), BrokerError> {
        let Received { inbound, history } = message;
        match self.retries.fate(failure, history, SystemTime::now()) {
            Fate::Skip => Ok((Ending::Skipped, self.skip(inbound, failure))),
            Fate::Wait(wait) => match self.wait(outlet, message, failure, &wait).await {
                Err(error @ BrokerError::NotDeclared { .. }) => {
                    tracing::error!(service = self.service, %error, "a message cannot wait");
                    self.bury(outlet, message, failure).await
                }
                waits => waits,
            },
            Fate::Bury => self.bury(outlet, message, failure).await,
        }
    }

    /// Nothing follows from the message, so that everything that does is confirmed.
    fn skip(&self, inbound: &Inbound, failure: &Failure) -> Confirmed {
        tracing::debug!(
            service = self.service,
            body = inbound.excerpt(),
            reason = failure.message(),
            "a message was skipped"
        );
        Confirmed(())
    }

    async fn wait(
        &self,
        outlet: &Outlet,
        Received { inbound, history }: &Received,
        failure: &Failure,
        wait: &Wait,
    ) -> Result<(Ending, Confirmed), BrokerError> {
        let Wait {
            tier,
            expiration,
            header: (name, count),
        } = wait;
        tracing::warn!(
            service = self.service,
            queue = tier.queue,
            body = inbound.excerpt(),
            attempt = history.attempt,
            kind = failure.kind().name(),
            error = failure.message(),
            "a message failed and will be tried again"
        );
        let publish = async || {
            outlet.tiers.ensure(tier).await?;
            let mut headers = failure.headers(&self.service, &self.queue, history);
            headers.insert(name, count.to_string());
            let queue = &tier.queue;
            let publisher = &outlet.publisher;
            let copy = publisher.publish_copy(queue, inbound, headers, Some(*expiration));
            copy.await
        };
        match publish().await {
            Err(BrokerError::Returned { .. }) => {
                outlet.tiers.forget(tier).await;
                publish().await?;
            }
            published => published?,
        }
        let delay = tier.delay;
        Ok((Ending::Retried { delay }, Confirmed(())))
    }

    async fn bury(
        &self,
        outlet: &Outlet,
        Received { inbound, history }: &Received,
        failure: &Failure,
    ) -> Result<(Ending, Confirmed), BrokerError> {
        tracing::warn!(
            service = self.service,
            queue = self.dead_letter_queue,
            body = inbound.excerpt(),
            attempt = history.attempt,
            kind = failure.kind().name(),
            error = failure.message(),
            "a message failed and became a dead letter"
        );
        let headers = failure.headers(&self.service, &self.queue, history);
        let queue = &self.dead_letter_queue;
        let copy = outlet.publisher.publish_copy(queue, inbound, headers, None);
        copy.await?;
        let ending = Ending::DeadLettered {
            kind: failure.kind().name(),
            reason: failure.message().to_owned(),
        };
        Ok((ending, Confirmed(())))
    }
}

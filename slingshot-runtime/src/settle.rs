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

use std::sync::Arc;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use slingshot_topology::CaseValue;

use crate::{
    amqp::{BrokerError, Inbound, Inbox, Publisher},
    database::Work,
    delivery,
    failure::{FailedMessage, Failure, Kind},
    message_id::OutputIds,
    objects::MessageFiles,
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
            let (queue, message_id) = (&output.queue, &output.message_id);
            let id = output.id;
            publisher.publish(queue, id, message_id, Some(trace)).await
        };
        match &*self.publications {
            [] => {}
            [output] => publish(output).await?,
            outputs => {
                stream::iter(outputs)
                    .map(publish)
                    .buffered(OUTPUTS_IN_FLIGHT)
                    .try_collect::<()>()
                    .await?;
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

/// Where a service's dead letters go, and what they say of it.
#[derive(Debug)]
pub(crate) struct DeadLetters {
    pub(crate) service: String,
    /// The queue that the failed messages came from.
    pub(crate) queue: String,
    /// `<queue>.dlq`.
    pub(crate) dead_letter_queue: String,
}

impl DeadLetters {
    async fn publish(
        &self,
        publisher: &Publisher,
        inbound: &Inbound,
        failure: &Failure,
    ) -> Result<Confirmed, BrokerError> {
        let headers = inbound.headers();
        let envelope = FailedMessage {
            service: &self.service,
            queue: &self.queue,
            attempt: delivery::attempt(&headers),
            first_failed_at: delivery::text(&headers, "x-slingshot-error-first-failed-at"),
        };
        tracing::warn!(
            service = self.service,
            queue = self.dead_letter_queue,
            body = inbound.excerpt(),
            kind = failure.kind(),
            error = failure.message(),
            "a message failed and became a dead letter"
        );
        publisher
            .publish_copy(&self.dead_letter_queue, inbound, failure.headers(&envelope))
            .await?;
        Ok(Confirmed(()))
    }
}

/// How a message ended.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// With the cases of its outputs.
    Succeeded(Vec<CaseValue>),
    /// As it had before: the function was not called again.
    Duplicate,
    /// And it is a dead letter.
    Failed(Failure),
}

/// Publishes and confirms what follows from a message: its outputs, or else its dead letter. The caller
/// acknowledges, on the channel that the message came by.
///
/// An error is one of the connection: nothing is settled, and the message comes again.
pub(crate) async fn publish(
    publisher: Arc<Publisher>,
    dead_letters: Arc<DeadLetters>,
    inbound: Inbound,
    result: Result<Committed, Failure>,
) -> Result<(u64, Verdict, Confirmed), BrokerError> {
    let failure = match result {
        Ok(committed) => match committed.publish(&publisher, inbound.trace()).await {
            Ok(confirmed) => {
                let verdict = if committed.before {
                    Verdict::Duplicate
                } else {
                    Verdict::Succeeded(committed.cases)
                };
                return Ok((inbound.tag(), verdict, confirmed));
            }
            Err(error) if error.concerns_one_message() => Failure::from(error),
            Err(error) => return Err(error),
        },
        Err(failure) => failure,
    };
    // The retry of a failure that may pass branches off here.
    let confirmed = dead_letters.publish(&publisher, &inbound, &failure).await?;
    Ok((inbound.tag(), Verdict::Failed(failure), confirmed))
}

//! Requests for files: `/stream/upload`, `/stream/download` and `/stream/metadata`.

mod answer;
mod arrival;
mod disposition;
#[cfg(any(test, fuzzing))]
pub(super) mod fuzzing;
mod progress;
mod range;
mod sending;
mod tag;
mod upload;

use std::sync::Arc;

use hyper::{
    Method, StatusCode,
    body::{Body as _, Incoming},
    header::{CONTENT_TYPE, EXPECT},
    http::request::Parts,
};
use tokio::time::Instant;
use tokio_util::task::task_tracker::TaskTrackerToken;

use self::{
    answer::Asked,
    arrival::{Arrival, Limits, STALLED, linger},
    progress::Progress,
    sending::Recipient,
    upload::{finish, may_be_a_file},
};
use super::{
    answer::{self as answers, Answer, Refused},
    client::Client,
    request::{failed, head},
    router::Route,
    server::Server,
};
use crate::{
    Bus,
    files::{FileId, FileParts, Upload},
    handler::{Call, Handler, HandlerKind, Payload, Reply, Source},
    trace::{Span, TraceContext},
};

/// A request for a file, that may be made.
pub(super) struct FileRequest {
    pub(super) kind: HandlerKind,
    /// As the address has it.
    pub(super) name: String,
    pub(super) parts: Parts,
    pub(super) begun: Instant,
    /// The request is open until this is dropped.
    pub(super) open: TaskTrackerToken,
}

/// The same, for a handler that there is.
struct Opened<'a> {
    handler: &'a Handler,
    name: FileId,
    begun: Instant,
    open: TaskTrackerToken,
    span: Span,
    trace: Option<TraceContext>,
}

impl Server {
    pub(super) async fn file(
        &self,
        request: FileRequest,
        body: Incoming,
        client: &Client,
    ) -> Result<Answer, Refused> {
        let FileRequest {
            kind,
            name,
            parts,
            begun,
            open,
        } = request;
        let expects = parts.headers.contains_key(EXPECT);
        let refuse = |refused: Refused, body| {
            // Who waits to be asked for the body sends none.
            if kind == HandlerKind::Upload && !expects {
                linger(body);
            }
            Err(refused.closing())
        };
        let Some(route) = self.router.files(kind) else {
            let message = format!("Handler not found: {}", kind.word());
            return refuse(Refused::new(StatusCode::NOT_FOUND, message), body);
        };
        let name = match FileId::of_address(&name) {
            Ok(name) => name,
            Err(error) => {
                let error = error.to_string();
                return refuse(Refused::new(StatusCode::BAD_REQUEST, error), body);
            }
        };
        let opened = self.opened(route, name, &parts, begun, open);
        if kind != HandlerKind::Upload {
            return self.give(opened, parts, client).await;
        }
        match may_be_a_file(&parts.headers, &body, self.settings.upload_limit) {
            Ok(()) => self.take(opened, parts, body, client).await,
            Err(refused) => refuse(refused, body),
        }
    }

    fn opened<'a>(
        &self,
        route: &'a Route,
        name: FileId,
        parts: &Parts,
        begun: Instant,
        open: TaskTrackerToken,
    ) -> Opened<'a> {
        let (span, trace) = self.traced(route, parts);
        Opened {
            handler: &route.handler,
            name,
            begun,
            open,
            span,
            trace,
        }
    }

    fn file_call(&self, parts: Parts, client: &Client, bus: Bus, file: FileParts) -> Box<Call> {
        Box::new(Call {
            payload: Payload::default(),
            source: Source::default(),
            head: head(parts, client),
            bus,
            file,
            whole: Some(Arc::clone(&self.whole)),
        })
    }

    /// A download, or what is known of a file.
    async fn give(
        &self,
        opened: Opened<'_>,
        parts: Parts,
        client: &Client,
    ) -> Result<Answer, Refused> {
        let Opened {
            handler,
            name,
            begun,
            open,
            mut span,
            trace,
        } = opened;
        let trace_id = trace.as_ref().map(TraceContext::id);
        let deadline = begun + handler.timeout;
        let asked = Asked::by(&parts.headers, parts.method == Method::HEAD);
        let bus = Bus::from_outside(&self.router.hub, handler, deadline, trace);
        let file = FileParts {
            id: Some(name),
            ..FileParts::default()
        };
        let call = self.file_call(parts, client, bus, file);
        let called = handler.call(call, deadline, handler.timeout).await;
        let answered = match called {
            Ok(Reply {
                file: Some(file), ..
            }) => {
                let recipient = Recipient {
                    activity: Arc::clone(&client.activity),
                    open,
                    handler: Arc::clone(&handler.name),
                    trace: trace_id,
                };
                let answered = answer::download(*file, asked, recipient, &handler.name).await;
                answered.map_err(|error| failed(handler, &error, trace_id))
            }
            Ok(reply) => Ok(answers::reply(reply)),
            Err(error) => Err(failed(handler, &error, trace_id)),
        };
        span.answered(status(&answered));
        answered
    }

    async fn take(
        &self,
        opened: Opened<'_>,
        parts: Parts,
        body: Incoming,
        client: &Client,
    ) -> Result<Answer, Refused> {
        let Opened {
            handler,
            name,
            begun,
            open,
            mut span,
            trace,
        } = opened;
        let progress = Arc::new(Progress::begin());
        let text = |name| parts.headers.get(name)?.to_str().ok().map(str::to_owned);
        let (content_type, size) = (text(CONTENT_TYPE), body.size_hint().exact());
        let limits = Limits {
            size: self.settings.upload_limit,
            stalled: STALLED,
        };
        let arrival = Arrival::new(body, limits, Arc::clone(&progress), self.cut.clone(), open);
        let (chunks, end) = arrival.lend();
        let file = FileParts {
            upload: Some(Upload::new(name, size, content_type, chunks)),
            id: None,
        };
        let trace_id = trace.as_ref().map(TraceContext::id);
        let deadline = begun + handler.timeout;
        // A large file takes its time: without a timeout of its own the function has one from its last chunk on.
        let called = match handler.own_timeout {
            Some(timeout) => {
                let bus = Bus::from_outside(&self.router.hub, handler, deadline, trace);
                let call = self.file_call(parts, client, bus, file);
                handler.call(call, deadline, timeout).await
            }
            None => {
                let bus = Bus::of(&self.router.hub, &handler.name);
                let bus = trace.into_iter().fold(bus, Bus::within);
                let call = self.file_call(parts, client, bus, file);
                let late = progress.stands_still(STALLED + handler.timeout);
                handler.call_until(call, deadline, late).await
            }
        };
        let answered = finish(handler, called, end, &progress, trace_id).await;
        span.answered(status(&answered));
        answered
    }
}

fn status(answered: &Result<Answer, Refused>) -> u16 {
    let status = match answered {
        Ok(answer) => answer.status(),
        Err(refused) => refused.status,
    };
    status.as_u16()
}

//! One request, from its first line to its answer.

use std::{convert::Infallible, sync::Arc};

use hyper::{HeaderMap, Request, StatusCode, Version, body::Incoming, http::request::Parts};
use tokio::time::Instant;

use super::{
    answer::{self, Answer, Refused, message, write_text},
    body,
    client::Client,
    envelope,
    files::FileRequest,
    media_type::is_json,
    router::Route,
    server::Server,
};
use crate::{
    Bus,
    files::FileParts,
    handler::{Call, CallError, Handler, HandlerKind, Reply, RequestHead},
    metrics::Requests,
    trace::{Request as RequestSpan, Span, TRACEPARENT, TRACESTATE, TraceContext, TraceId},
};

/// What a request asks for.
pub(super) enum Target<'a> {
    Handler(&'a Route),
    File(HandlerKind, String),
    Shutdown,
    Unknown(String),
}

/// A client that asks a server, once or again and again.
#[derive(Debug)]
pub(super) struct Conversation {
    pub(super) server: Arc<Server>,
    pub(super) client: Client,
}

impl Conversation {
    /// Answers a request. The future holds it once: an `async fn` would hold what it is given beside what becomes of
    /// it, and hyper moves the whole for each request.
    pub(super) fn answer(
        self: Arc<Self>,
        request: Request<Incoming>,
    ) -> impl Future<Output = Result<Answer, Infallible>> + Send + 'static {
        let begun = Instant::now();
        let open = self.server.open.here().token();
        self.client.activity.begins();
        let (parts, body) = request.into_parts();
        let side_by_side = parts.version == Version::HTTP_2;
        async move {
            let server = &*self.server;
            let target = server.target(parts.uri.path());
            let requests = server.requests(&target);
            let active = requests.begin();
            let answered = match server.admit(&parts, &self.client, &target).await {
                Ok(()) => match target {
                    Target::Handler(route) => self.call(route, parts, body, begun).await,
                    Target::File(kind, name) => {
                        let request = FileRequest {
                            kind,
                            name,
                            parts,
                            begun,
                            open: open.clone(),
                        };
                        // Rare and large.
                        Box::pin(server.file(request, body, &self.client)).await
                    }
                    Target::Shutdown => Ok(server.shutdown()),
                    Target::Unknown(name) => Err(Refused::from(&CallError::NotFound(name))),
                },
                Err(refused) => Err(refused),
            };
            let mut answer = answered.unwrap_or_else(|refused| refused.answer());
            drop((open, active));
            let ended = Instant::now();
            requests.ended(answer.status().as_u16(), ended - begun);
            if !side_by_side {
                answer.body_mut().then_rests(&self.client.activity, ended);
            }
            Ok(answer)
        }
    }

    async fn call(
        &self,
        route: &Route,
        parts: Parts,
        incoming: Incoming,
        begun: Instant,
    ) -> Result<Answer, Refused> {
        let Self { server, client } = self;
        let handler = &route.handler;
        let says_json = is_json(&parts.headers)?;
        let (body, held) = body::read(incoming, server.settings.body_limit, &server.room).await?;
        let (payload, source) = envelope::open(&body, says_json)
            .map_err(|message| Refused::new(StatusCode::BAD_REQUEST, message))?;
        drop(body);
        let deadline = begun + handler.timeout;
        let (mut span, trace) = server.traced(route, &parts);
        let trace_id = trace.as_ref().map(TraceContext::id);
        let call = Box::new(Call {
            payload,
            source,
            bus: Bus::from_outside(&server.router.hub, handler, deadline, trace),
            head: head(parts, client),
            file: FileParts::default(),
            whole: Some(Arc::clone(&server.whole)),
        });
        let called = handler.call(call, deadline, handler.timeout).await;
        drop(held);
        span.answered(
            called
                .as_ref()
                .map_or_else(CallError::status, Reply::status),
        );
        called
            .map(answer::reply)
            .map_err(|error| failed(handler, &error, trace_id))
    }
}

impl Server {
    fn target(&self, path: &str) -> Target<'_> {
        let path = path.strip_prefix('/').unwrap_or(path);
        if let Some(route) = self.router.named(path) {
            return Target::Handler(route);
        }
        if path == "shutdown" {
            return Target::Shutdown;
        }
        let files = [
            ("stream/upload/", HandlerKind::Upload),
            ("stream/download/", HandlerKind::Download),
            ("stream/metadata/", HandlerKind::Metadata),
        ];
        let file = files
            .iter()
            .find_map(|(prefix, kind)| Some((*kind, path.strip_prefix(prefix)?)));
        file.map_or_else(
            || Target::Unknown(path.to_owned()),
            |(kind, name)| Target::File(kind, name.to_owned()),
        )
    }

    fn requests<'a>(&'a self, target: &Target<'a>) -> &'a Requests {
        match target {
            Target::Handler(route) => &route.requests,
            Target::File(kind, _) => {
                let route = self.router.files(*kind);
                route.map_or(&self.router.unknown, |route| &route.requests)
            }
            Target::Shutdown => &self.router.shutdown,
            Target::Unknown(_) => &self.router.unknown,
        }
    }

    fn shutdown(&self) -> Answer {
        tracing::info!("a request asks to shut down");
        self.router.control.begin();
        let text = "shutting down";
        message(StatusCode::OK, text.len(), |body| write_text(body, text))
    }

    /// The span of a request, and the trace that what follows from it belongs to.
    pub(super) fn traced(&self, route: &Route, parts: &Parts) -> (Span, Option<TraceContext>) {
        let came_with = trace(&parts.headers);
        let span = self.span(route, parts, came_with.as_ref());
        let trace = span.context().cloned().or(came_with);
        (span, trace)
    }

    fn span(&self, route: &Route, parts: &Parts, came_with: Option<&TraceContext>) -> Span {
        let tracer = &self.router.tracer;
        if !tracer.is_on() {
            return Span::default();
        }
        let request = RequestSpan {
            method: parts.method.as_str(),
            route: &route.path,
            path: parts.uri.path(),
            scheme: self.router.scheme,
        };
        tracer.request(came_with, &request)
    }
}

pub(super) fn head(parts: Parts, client: &Client) -> RequestHead {
    RequestHead {
        query: parts.uri.query().map(str::to_owned),
        headers: parts.headers,
        peer: Some(client.address.ip()),
        client_names: Arc::clone(&client.names),
    }
}

fn trace(headers: &HeaderMap) -> Option<TraceContext> {
    let text = |name| headers.get(name)?.to_str().ok();
    let parent = text(TRACEPARENT)?;
    Some(TraceContext::of(Some(parent), text(TRACESTATE)))
}

/// The answer to a call that failed.
pub(super) fn failed(handler: &Handler, error: &CallError, trace: Option<TraceId>) -> Refused {
    if error.status() >= 500 {
        tracing::warn!(
            handler = &*handler.name,
            trace_id = trace.map(tracing::field::display),
            %error,
            "a request failed"
        );
    }
    Refused::from(error)
}

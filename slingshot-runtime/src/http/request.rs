//! One request, from its first line to its answer.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use hyper::{
    HeaderMap, Method, Request, StatusCode,
    body::Incoming,
    header::{ALLOW, CONTENT_ENCODING, CONTENT_TYPE, HeaderValue, ORIGIN, WWW_AUTHENTICATE},
    http::request::Parts,
};
use tokio::{sync::Semaphore, time::Instant};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    answer::{self, Answer, Refused, message, write_text},
    body::{self, Room},
    envelope,
    files::FileRequest,
    router::{Route, Router},
    settings::Checked,
    tls::{Certified, Tls},
};
use crate::{
    Bus,
    files::FileParts,
    handler::{Call, CallError, Handler, HandlerKind, Reply, RequestHead},
    metrics::Requests,
    trace::{Request as RequestSpan, Span, TRACEPARENT, TRACESTATE, TraceContext},
};

/// The most bytes of a request's headers.
pub(super) const MOST_HEADERS: usize = 64 * 1024;

/// What all requests of a server share.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) router: Router,
    pub(super) settings: Checked,
    /// How many requests may run.
    pub(super) whole: Arc<Semaphore>,
    room: Room,
    /// Requests that are being answered.
    open: TaskTracker,
    draining: AtomicBool,
    /// What arrives is not waited for any longer.
    pub(super) cut: CancellationToken,
}

/// Who asks.
#[derive(Clone, Debug)]
pub(super) struct Client {
    address: SocketAddr,
    /// The names in its certificate.
    names: Arc<[String]>,
    /// A certificate that nobody listed.
    stranger: bool,
    /// Ends the connection.
    pub(super) hang_up: CancellationToken,
}

impl Client {
    pub(super) fn plain(address: SocketAddr) -> Self {
        Self {
            address,
            names: Arc::default(),
            stranger: false,
            hang_up: CancellationToken::new(),
        }
    }

    pub(super) fn certified(address: SocketAddr, certified: Certified) -> Self {
        Self {
            address,
            names: certified.names,
            stranger: !certified.allowed,
            hang_up: CancellationToken::new(),
        }
    }
}

/// What a request asks for.
enum Target<'a> {
    Handler(&'a Route),
    File(HandlerKind, &'a str),
    Shutdown,
    Unknown(&'a str),
}

impl Server {
    pub(super) fn new(settings: Checked, router: Router) -> Self {
        let whole = usize::try_from(settings.max_requests).unwrap_or(Semaphore::MAX_PERMITS);
        Self {
            router,
            whole: Arc::new(Semaphore::new(whole)),
            settings,
            room: Room::default(),
            open: TaskTracker::new(),
            draining: AtomicBool::new(false),
            cut: CancellationToken::new(),
        }
    }

    pub(super) fn tls(&self) -> Option<&Tls> {
        self.settings.tls.as_ref()
    }

    /// Follows the keys and the certificates where they are kept, for ever.
    pub(super) async fn follow(&self) {
        let certificates = async {
            if let Some(tls) = self.tls() {
                tls.follow().await;
            }
        };
        tokio::join!(self.settings.keys.follow(), certificates);
    }

    pub(super) fn keep_alive(&self) -> Duration {
        self.settings.keep_alive
    }

    /// From now on, new requests are refused.
    pub(super) fn refuse(&self) {
        self.draining.store(true, Ordering::Relaxed);
        self.open.close();
    }

    /// Waits until no request is being answered.
    pub(super) async fn finished(&self) {
        self.open.wait().await;
    }

    /// Ends what still arrives: who reads it is told, and may clean up.
    pub(super) fn cut_off(&self) {
        self.cut.cancel();
    }

    /// How many requests are being answered.
    pub(super) fn active(&self) -> usize {
        self.open.len()
    }

    pub(super) async fn answer(&self, request: Request<Incoming>, client: &Client) -> Answer {
        let begun = Instant::now();
        let open = self.open.token();
        let (parts, body) = request.into_parts();
        let path = parts.uri.path().to_owned();
        let target = self.target(&path);
        let requests = self.requests(&target);
        let active = requests.begin();
        let answered = match self.admit(&parts, client, &target).await {
            Ok(()) => match target {
                Target::Handler(route) => self.call(route, parts, body, client, begun).await,
                Target::File(kind, name) => {
                    let open = open.clone();
                    let request = FileRequest {
                        kind,
                        name,
                        parts,
                        begun,
                        open,
                    };
                    self.file(request, body, client).await
                }
                Target::Shutdown => Ok(self.shutdown()),
                Target::Unknown(name) => Err(Refused::from(&CallError::NotFound(name.to_owned()))),
            },
            Err(refused) => Err(refused),
        };
        let answer = answered.unwrap_or_else(|refused| refused.answer());
        drop((open, active));
        requests.ended(answer.status().as_u16(), begun.elapsed());
        answer
    }

    fn target<'a>(&'a self, path: &'a str) -> Target<'a> {
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
        file.map_or(Target::Unknown(path), |(kind, name)| {
            Target::File(kind, name)
        })
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

    /// Who asks may do so, for this, and now. Strangers are told nothing of what is there.
    async fn admit(
        &self,
        parts: &Parts,
        client: &Client,
        target: &Target<'_>,
    ) -> Result<(), Refused> {
        let headers = parts.headers.iter();
        let bytes: usize = headers
            .map(|(name, value)| name.as_str().len() + value.len())
            .sum();
        if bytes > MOST_HEADERS {
            let status = StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE;
            let message = format!("the headers have {bytes} bytes, and may have {MOST_HEADERS}");
            return Err(Refused::new(status, message).closing());
        }
        if client.stranger {
            let message = "the client certificate's name is not allowed here";
            return Err(Refused::new(StatusCode::FORBIDDEN, message).closing());
        }
        if !self.settings.keys.admit(&parts.headers).await {
            let message = "an API key is needed: send `Authorization: Bearer KEY`";
            return Err(Refused::new(StatusCode::UNAUTHORIZED, message)
                .with(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))
                .closing());
        }
        if self.draining.load(Ordering::Relaxed) {
            return Err(Refused::from(&CallError::Draining).closing());
        }
        let (method, allowed): (bool, &str) = match target {
            Target::Handler(_) | Target::Shutdown | Target::File(HandlerKind::Upload, _) => {
                (parts.method == Method::POST, "POST")
            }
            Target::File(..) => (
                parts.method == Method::GET || parts.method == Method::HEAD,
                "GET, HEAD",
            ),
            Target::Unknown(_) => (true, ""),
        };
        if !method {
            let message = format!(
                "{} is not for this address: it takes {allowed}",
                parts.method
            );
            let allowed = HeaderValue::from_str(allowed).unwrap_or(HeaderValue::from_static(""));
            return Err(Refused::new(StatusCode::METHOD_NOT_ALLOWED, message)
                .with(ALLOW, allowed)
                .closing());
        }
        if matches!(target, Target::Shutdown) {
            self.may_shut_down(&parts.headers)?;
        }
        Ok(())
    }

    /// Without keys, only this machine's users can ask, and no page in their browsers.
    fn may_shut_down(&self, headers: &HeaderMap) -> Result<(), Refused> {
        if self.settings.keys.are_asked_for() {
            return Ok(());
        }
        if !self.settings.listen.ip().is_loopback() {
            let message = "shutdown is off: the listener is open, and no API key is set";
            return Err(Refused::new(StatusCode::FORBIDDEN, message));
        }
        if headers.contains_key(ORIGIN) {
            let message = "a page in a browser may not shut the process down: set an API key";
            return Err(Refused::new(StatusCode::FORBIDDEN, message));
        }
        Ok(())
    }

    fn shutdown(&self) -> Answer {
        tracing::info!("a request asks to shut down");
        self.router.control.begin();
        let text = "shutting down";
        message(StatusCode::OK, text.len(), |body| write_text(body, text))
    }

    async fn call(
        &self,
        route: &Route,
        parts: Parts,
        incoming: Incoming,
        client: &Client,
        begun: Instant,
    ) -> Result<Answer, Refused> {
        let handler = &route.handler;
        let says_json = media_type(&parts.headers)?;
        let (body, held) = body::read(incoming, self.settings.body_limit, &self.room).await?;
        let (payload, source) = envelope::open(&body, says_json)
            .map_err(|message| Refused::new(StatusCode::BAD_REQUEST, message))?;
        drop(body);
        let deadline = begun + handler.timeout;
        let (mut span, trace) = self.traced(route, &parts);
        let call = Call {
            payload,
            source,
            bus: Bus::from_outside(&self.router.hub, handler, deadline, trace),
            head: head(parts, client),
            file: FileParts::default(),
            whole: Some(Arc::clone(&self.whole)),
        };
        let called = handler.call(call, deadline, handler.timeout).await;
        drop(held);
        span.answered(
            called
                .as_ref()
                .map_or_else(CallError::status, Reply::status),
        );
        called
            .map(answer::reply)
            .map_err(|error| failed(handler, &error))
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
pub(super) fn failed(handler: &Handler, error: &CallError) -> Refused {
    if error.status() >= 500 {
        tracing::warn!(handler = &*handler.name, %error, "a request failed");
    }
    Refused::from(error)
}

/// Whether the body is compressed, or anything else than it is.
pub(super) fn is_encoded(headers: &HeaderMap) -> bool {
    let encoding = headers.get(CONTENT_ENCODING).map(HeaderValue::as_bytes);
    encoding.is_some_and(|encoding| !encoding.eq_ignore_ascii_case(b"identity"))
}

/// Whether the body says that it is JSON. What it may not be is refused: a form of parts, or something compressed.
fn media_type(headers: &HeaderMap) -> Result<bool, Refused> {
    let unsupported =
        |message: String| Refused::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, message).closing();
    if is_encoded(headers) {
        return Err(unsupported(
            "the body is compressed: send it as it is".to_owned(),
        ));
    }
    let Some(value) = headers.get(CONTENT_TYPE) else {
        return Ok(false);
    };
    let value = value.to_str().unwrap_or_default().to_ascii_lowercase();
    let (name, parameters) = value.split_once(';').unwrap_or((&value, ""));
    let name = name.trim();
    if name.starts_with("multipart/") {
        return Err(unsupported(
            "the body is a form of parts: send the data itself, or a file to /stream/upload/{file_name}".to_owned(),
        ));
    }
    let charset = parameters
        .split(';')
        .find_map(|it| it.trim().strip_prefix("charset="));
    let charset = charset.map(|charset| charset.trim_matches('"'));
    if charset.is_some_and(|charset| !["utf-8", "utf8", "us-ascii"].contains(&charset)) {
        let message = format!("the body is in {}: send UTF-8", charset.unwrap_or_default());
        return Err(unsupported(message));
    }
    Ok(name == "application/json" || name.ends_with("+json"))
}

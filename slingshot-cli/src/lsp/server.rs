//! The conversation with one editor.

mod asked;
mod told;

use std::{
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use crossbeam_channel::{after, never, select};
use lsp_server::{Connection, ErrorCode, Message, Notification, ProtocolError, Request, Response};
use lsp_types::{
    Diagnostic, InitializeParams, InitializeResult, PublishDiagnosticsParams, ServerInfo,
    notification::{Exit as ExitNotification, Notification as _, PublishDiagnostics},
    request::{Request as _, Shutdown},
};
use tokio::time::Instant;

use self::asked::answered;
use super::{
    analysis::{Analysed, Job},
    answers::{Answers, Refused},
    client::Client,
    documents::Documents,
    findings,
    places::uri_of,
    work::Work,
};
use crate::exit::Exit;

/// How long a request waits for what has just been typed to be analysed.
const PATIENCE: Duration = Duration::from_secs(2);

/// So many may wait. The next is answered by what is known.
const MOST_WAITING: usize = 256;

/// The state of one conversation.
#[derive(Debug)]
pub(super) struct Server {
    connection: Talk,
    client: Client,
    documents: Documents,
    analysed: Vec<Arc<Analysed>>,
    published: BTreeMap<PathBuf, Vec<Diagnostic>>,
    work: Work,
    waiting: Vec<Waiting>,
    is_shut_down: bool,
}

struct Talk(Connection);

impl std::fmt::Debug for Talk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Talk")
    }
}

/// A request that is answered when the present texts are analysed.
#[derive(Debug)]
struct Waiting {
    request: Request,
    until: Instant,
}

impl Server {
    /// Greets the editor.
    ///
    /// # Errors
    ///
    /// If it leaves, or says something else than the protocol wants.
    pub(super) fn start(connection: Connection) -> Result<Self, ProtocolError> {
        let (id, parameters) = connection.initialize_start()?;
        let parameters: InitializeParams =
            serde_json::from_value(parameters).unwrap_or_else(|error| {
                tracing::warn!(%error, "what the editor says of itself is not understood");
                InitializeParams::default()
            });
        let client = Client::of(&parameters);
        let result = InitializeResult {
            capabilities: client.capabilities(),
            server_info: Some(ServerInfo {
                name: "slingshot".to_owned(),
                version: Some(env!("CARGO_PKG_VERSION").to_owned()),
            }),
        };
        let response = Response::new_ok(id, result);
        connection.sender.send(response.into()).ok();
        Ok(Self {
            connection: Talk(connection),
            client,
            documents: Documents::default(),
            analysed: Vec::new(),
            published: BTreeMap::new(),
            work: Work::start(),
            waiting: Vec::new(),
            is_shut_down: false,
        })
    }

    /// Talks until the editor says that it is over, or goes.
    pub(super) fn run(mut self) -> Exit {
        loop {
            let pause = self.pause();
            select! {
                recv(self.connection.0.receiver) -> message => match message {
                    Ok(Message::Request(request)) => self.request(request),
                    Ok(Message::Notification(it)) if it.method == ExitNotification::METHOD => {
                        return if self.is_shut_down { Exit::Clean } else { Exit::Findings };
                    }
                    Ok(Message::Notification(notification)) => self.notification(notification),
                    Ok(Message::Response(_)) => {}
                    Err(_) => return Exit::Findings,
                },
                recv(self.work.results) -> result => {
                    self.work.ended();
                    if let Ok(Some(analysed)) = result {
                        self.analysed = analysed;
                        self.publish();
                    }
                }
                recv(pause.map_or_else(never, after)) -> _ => {}
            }
            self.go_on();
        }
    }

    /// How long there is nothing to do by ourselves.
    fn pause(&self) -> Option<Duration> {
        let waiting = self.waiting.iter().map(|waiting| waiting.until);
        let next = waiting.chain(self.work.due()).min()?;
        Some(next.saturating_duration_since(Instant::now()))
    }

    /// Begins an analysis that is due, and answers who has waited for one, or long enough.
    fn go_on(&mut self) {
        let Self {
            work,
            client,
            documents,
            analysed,
            ..
        } = self;
        work.begin(|changes| Job {
            roots: client.roots.clone(),
            documents: documents.clone(),
            changes,
            before: analysed.clone(),
        });
        let now = Instant::now();
        let is_done = self.work.is_done();
        let waiting = std::mem::take(&mut self.waiting);
        for waiting in waiting {
            if is_done || waiting.until <= now {
                self.answer(waiting.request);
            } else {
                self.waiting.push(waiting);
            }
        }
    }

    fn request(&mut self, request: Request) {
        if self.is_shut_down {
            let message = "the server is shut down".to_owned();
            let code = ErrorCode::InvalidRequest as i32;
            return self.send(Response::new_err(request.id, code, message));
        }
        if request.method == Shutdown::METHOD {
            self.is_shut_down = true;
            return self.send(Response::new_ok(request.id, ()));
        }
        if self.work.is_done() || self.waiting.len() >= MOST_WAITING {
            return self.answer(request);
        }
        self.work.hurry();
        self.waiting.push(Waiting {
            request,
            until: Instant::now() + PATIENCE,
        });
    }

    /// A panic is answered too: the editor waits.
    fn answer(&self, request: Request) {
        let id = request.id.clone();
        let answers = Answers {
            client: &self.client,
            documents: &self.documents,
            analysed: &self.analysed,
        };
        let answered = catch_unwind(AssertUnwindSafe(|| answered(&answers, request)));
        let refused =
            |code: ErrorCode, message: String| Response::new_err(id.clone(), code as i32, message);
        self.send(match answered {
            Ok(Ok(value)) => Response::new_ok(id.clone(), value),
            Ok(Err(Refused { code, message })) => refused(code, message),
            Err(_) => {
                let message = "this is a bug in slingshot; its log says more".to_owned();
                refused(ErrorCode::InternalError, message)
            }
        });
    }

    fn notification(&mut self, notification: Notification) {
        let method = notification.method.clone();
        let handled = catch_unwind(AssertUnwindSafe(|| self.notified(notification)));
        if handled.is_err() {
            tracing::error!(method, "the editor's message came to nothing");
        }
    }

    /// Tells what has changed of the findings: of a file without any, once, that there are none.
    fn publish(&mut self) {
        let found = findings::by_file(&self.analysed, &self.client);
        let gone = self
            .published
            .keys()
            .filter(|path| !found.contains_key(*path));
        let gone: Vec<_> = gone.map(|path| (path.clone(), Vec::new())).collect();
        for (path, diagnostics) in found
            .iter()
            .map(|(path, it)| (path, it.clone()))
            .chain(gone.iter().map(|(path, none)| (path, none.clone())))
        {
            if self.published.get(path) == Some(&diagnostics) {
                continue;
            }
            let document = self.documents.get(path);
            let uri = document.map_or_else(|| uri_of(path), |it| Some(it.uri.clone()));
            let Some(uri) = uri else { continue };
            self.send(Notification::new(
                PublishDiagnostics::METHOD.to_owned(),
                PublishDiagnosticsParams::new(uri, diagnostics, None),
            ));
        }
        self.published = found;
    }

    /// An editor that is gone hears nothing, and its end is met where its messages are read.
    fn send(&self, message: impl Into<Message>) {
        self.connection.0.sender.send(message.into()).ok();
    }
}

//! The conversation with one editor.

use std::{
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use crossbeam_channel::{after, never, select};
use lsp_server::{
    Connection, ErrorCode, Message, Notification, ProtocolError, Request, RequestId, Response,
};
use lsp_types::{
    CancelParams, Diagnostic, DidChangeTextDocumentParams, DidChangeWatchedFilesParams,
    DidChangeWatchedFilesRegistrationOptions, DidChangeWorkspaceFoldersParams,
    DidCloseTextDocumentParams, DidOpenTextDocumentParams, DidSaveTextDocumentParams,
    FileSystemWatcher, GlobPattern, InitializeParams, InitializeResult, NumberOrString,
    PublishDiagnosticsParams, Registration, RegistrationParams, ServerInfo,
    notification::{
        Cancel, DidChangeTextDocument, DidChangeWatchedFiles, DidChangeWorkspaceFolders,
        DidCloseTextDocument, DidOpenTextDocument, DidSaveTextDocument, Exit as ExitNotification,
        Initialized, Notification as _, PublishDiagnostics,
    },
    request::{
        CodeActionRequest, Completion, GotoDefinition, HoverRequest, PrepareRenameRequest,
        References, RegisterCapability, Rename, Request as _, Shutdown,
    },
};
use serde::{Serialize, de::DeserializeOwned};

use super::{
    analysis::{Analysed, Changes, Job},
    answers::{Answers, Refused},
    client::Client,
    documents::{Document, Documents},
    findings,
    places::{path_of, uri_of},
    work::Work,
};
use crate::exit::Exit;

/// How long a request waits for what has just been typed to be analysed.
const PATIENCE: Duration = Duration::from_secs(2);

/// So many may wait. The next is answered by what is known.
const MOST_WAITING: usize = 256;

/// Which files we want to hear of when somebody else changes them.
const WATCHED: [&str; 4] = [
    "**/slingshot.toml",
    "**/slingshot-baseline.json",
    "**/Cargo.toml",
    "**/*.rs",
];

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

    fn notified(&mut self, Notification { method, params }: Notification) {
        match &*method {
            Initialized::METHOD => {
                self.watch();
                self.everything();
            }
            DidOpenTextDocument::METHOD => self.opened(read(params)),
            DidChangeTextDocument::METHOD => self.changed(read(params)),
            DidCloseTextDocument::METHOD => self.closed(read(params)),
            DidSaveTextDocument::METHOD => self.saved(read(params)),
            DidChangeWatchedFiles::METHOD => self.watched(read(params)),
            DidChangeWorkspaceFolders::METHOD => self.moved(read(params)),
            Cancel::METHOD => self.cancelled(read(params)),
            _ => {}
        }
    }

    fn opened(&mut self, parameters: Option<DidOpenTextDocumentParams>) {
        let Some(DidOpenTextDocumentParams { text_document }) = parameters else {
            return;
        };
        let Some(path) = path_of(&text_document.uri) else {
            return;
        };
        self.work.note(|changes| changes.text(&path));
        let document = Document {
            uri: text_document.uri,
            version: text_document.version,
            text: text_document.text.into(),
        };
        self.documents.open(path, document);
    }

    fn changed(&mut self, parameters: Option<DidChangeTextDocumentParams>) {
        let Some(parameters) = parameters else {
            return;
        };
        let DidChangeTextDocumentParams {
            text_document,
            content_changes,
        } = parameters;
        if let Some(path) = path_of(&text_document.uri) {
            let version = text_document.version;
            let columns = self.client.columns;
            self.documents
                .change(&path, version, content_changes, columns);
            self.work.note(|changes| changes.text(&path));
        }
    }

    fn closed(&mut self, parameters: Option<DidCloseTextDocumentParams>) {
        if let Some(path) = parameters.and_then(|it| path_of(&it.text_document.uri)) {
            self.documents.close(&path);
            self.work.note(|changes| changes.text(&path));
        }
    }

    fn saved(&mut self, parameters: Option<DidSaveTextDocumentParams>) {
        if let Some(path) = parameters.and_then(|it| path_of(&it.text_document.uri)) {
            self.work.note(|changes| changes.text(&path));
        }
    }

    fn watched(&mut self, parameters: Option<DidChangeWatchedFilesParams>) {
        let changes = parameters.map(|it| it.changes).unwrap_or_default();
        for path in changes.iter().filter_map(|change| path_of(&change.uri)) {
            let is_new = !self.knows(&path);
            self.work.note(|changes| {
                if is_new && path.ends_with(crate::project::SYSTEM_FILE) {
                    *changes = Changes::Everything;
                } else {
                    changes.text(&path);
                }
            });
        }
    }

    fn knows(&self, path: &std::path::Path) -> bool {
        let mut maps = self.analysed.iter().map(|analysed| &analysed.map.path);
        maps.any(|map| std::path::Path::new(map) == path)
    }

    fn moved(&mut self, parameters: Option<DidChangeWorkspaceFoldersParams>) {
        if let Some(DidChangeWorkspaceFoldersParams { event }) = parameters {
            let gone: Vec<_> = event
                .removed
                .iter()
                .filter_map(|it| path_of(&it.uri))
                .collect();
            self.client.roots.retain(|root| !gone.contains(root));
            let new = event.added.iter().filter_map(|it| path_of(&it.uri));
            self.client.roots.extend(new);
            self.everything();
        }
    }

    fn everything(&mut self) {
        self.work.note(|changes| *changes = Changes::Everything);
    }

    fn cancelled(&mut self, parameters: Option<CancelParams>) {
        let Some(CancelParams { id }) = parameters else {
            return;
        };
        let id: RequestId = match id {
            NumberOrString::Number(number) => number.into(),
            NumberOrString::String(text) => text.into(),
        };
        let is_it = |waiting: &Waiting| waiting.request.id == id;
        if self.waiting.iter().any(is_it) {
            self.waiting.retain(|waiting| !is_it(waiting));
            let code = ErrorCode::RequestCanceled as i32;
            self.send(Response::new_err(id, code, "cancelled".to_owned()));
        }
    }

    /// Asks to be told of files that change on the disk.
    fn watch(&self) {
        if !self.client.watches {
            return;
        }
        let watcher = |glob: &str| FileSystemWatcher {
            glob_pattern: GlobPattern::String(glob.to_owned()),
            kind: None,
        };
        let options = DidChangeWatchedFilesRegistrationOptions {
            watchers: WATCHED.into_iter().map(watcher).collect(),
        };
        let registration = Registration {
            id: "files".to_owned(),
            method: DidChangeWatchedFiles::METHOD.to_owned(),
            register_options: serde_json::to_value(options).ok(),
        };
        let parameters = RegistrationParams {
            registrations: vec![registration],
        };
        self.send(Request::new(
            "watch".to_owned().into(),
            RegisterCapability::METHOD.to_owned(),
            parameters,
        ));
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

fn read<P: DeserializeOwned>(parameters: serde_json::Value) -> Option<P> {
    serde_json::from_value(parameters)
        .inspect_err(|error| tracing::warn!(%error, "a message of the editor is not understood"))
        .ok()
}

fn answered(answers: &Answers<'_>, request: Request) -> Result<serde_json::Value, Refused> {
    let Request { method, params, .. } = request;
    match &*method {
        GotoDefinition::METHOD => value(answers.definition(&asked(params)?)),
        References::METHOD => value(answers.references(&asked(params)?)),
        HoverRequest::METHOD => value(answers.hover(&asked(params)?)),
        PrepareRenameRequest::METHOD => value(answers.prepare_rename(&asked(params)?)?),
        Rename::METHOD => value(answers.rename(&asked(params)?)?),
        CodeActionRequest::METHOD => value(answers.code_actions(&asked(params)?)),
        Completion::METHOD => value(answers.completion(&asked(params)?)),
        _ => Err(Refused {
            code: ErrorCode::MethodNotFound,
            message: format!("there is no `{method}` here"),
        }),
    }
}

fn asked<P: DeserializeOwned>(parameters: serde_json::Value) -> Result<P, Refused> {
    serde_json::from_value(parameters).map_err(|error| Refused {
        code: ErrorCode::InvalidParams,
        message: error.to_string(),
    })
}

fn value(result: impl Serialize) -> Result<serde_json::Value, Refused> {
    serde_json::to_value(result).map_err(|error| Refused {
        code: ErrorCode::InternalError,
        message: error.to_string(),
    })
}

//! What the editor tells us: texts that it opens, changes and closes, files and folders that come and go.

use std::path::Path;

use lsp_server::{ErrorCode, Notification, Request, RequestId, Response};
use lsp_types::{
    CancelParams, DidChangeTextDocumentParams, DidChangeWatchedFilesParams,
    DidChangeWatchedFilesRegistrationOptions, DidChangeWorkspaceFoldersParams,
    DidCloseTextDocumentParams, DidOpenTextDocumentParams, DidSaveTextDocumentParams,
    FileSystemWatcher, GlobPattern, NumberOrString, Registration, RegistrationParams,
    notification::{
        Cancel, DidChangeTextDocument, DidChangeWatchedFiles, DidChangeWorkspaceFolders,
        DidCloseTextDocument, DidOpenTextDocument, DidSaveTextDocument, Initialized,
        Notification as _,
    },
    request::{RegisterCapability, Request as _},
};
use serde::de::DeserializeOwned;

use super::{
    super::{analysis::Changes, documents::Document, places::path_of},
    Server, Waiting,
};
use crate::project::SYSTEM_FILE;

/// Which files we want to hear of when somebody else changes them.
const WATCHED: [&str; 4] = [
    "**/slingshot.toml",
    "**/slingshot-baseline.json",
    "**/Cargo.toml",
    "**/*.rs",
];

impl Server {
    pub(super) fn notified(&mut self, Notification { method, params }: Notification) {
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
            self.documents.kept.forget(&path);
            let is_new = !self.knows(&path);
            self.work.note(|changes| {
                if is_new && path.ends_with(SYSTEM_FILE) {
                    *changes = Changes::Everything;
                } else {
                    changes.text(&path);
                }
            });
        }
    }

    fn knows(&self, path: &Path) -> bool {
        let mut maps = self.analysed.iter().map(|analysed| &analysed.map.path);
        maps.any(|map| Path::new(map) == path)
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
}

fn read<P: DeserializeOwned>(parameters: serde_json::Value) -> Option<P> {
    serde_json::from_value(parameters)
        .inspect_err(|error| tracing::warn!(%error, "a message of the editor is not understood"))
        .ok()
}

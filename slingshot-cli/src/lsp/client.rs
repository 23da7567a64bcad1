//! What the editor can do, and what we can.

use std::path::PathBuf;

use lsp_types::{
    CodeActionKind, CodeActionOptions, CodeActionProviderCapability, CompletionOptions,
    HoverProviderCapability, InitializeParams, OneOf, PositionEncodingKind, RenameOptions,
    SaveOptions, ServerCapabilities, TextDocumentSyncCapability, TextDocumentSyncKind,
    TextDocumentSyncOptions, TextDocumentSyncSaveOptions, WorkDoneProgressOptions,
};

use super::places::{Columns, path_of};

/// What the editor said of itself.
#[derive(Clone, Debug, Default)]
pub(super) struct Client {
    /// Where its projects are.
    pub(super) roots: Vec<PathBuf>,
    pub(super) columns: Columns,
    /// It shows the other places of a finding.
    pub(super) shows_related: bool,
    /// It takes edits with the version of the text that they are of.
    pub(super) takes_versions: bool,
    /// It tells us of files that change on the disk, if we ask.
    pub(super) watches: bool,
}

impl Client {
    pub(super) fn of(parameters: &InitializeParams) -> Self {
        let capabilities = &parameters.capabilities;
        let general = capabilities.general.as_ref();
        let encodings = general.and_then(|general| general.position_encodings.as_ref());
        let knows_utf8 = encodings.is_some_and(|known| known.contains(&PositionEncodingKind::UTF8));
        let text = capabilities.text_document.as_ref();
        let diagnostics = text.and_then(|text| text.publish_diagnostics.as_ref());
        let workspace = capabilities.workspace.as_ref();
        let edits = workspace.and_then(|workspace| workspace.workspace_edit.as_ref());
        let watching = workspace.and_then(|workspace| workspace.did_change_watched_files.as_ref());
        Self {
            roots: roots(parameters),
            columns: if knows_utf8 {
                Columns::Utf8
            } else {
                Columns::Utf16
            },
            shows_related: diagnostics.and_then(|it| it.related_information) == Some(true),
            takes_versions: edits.and_then(|it| it.document_changes) == Some(true),
            watches: watching.and_then(|it| it.dynamic_registration) == Some(true),
        }
    }

    /// What we can do for it.
    pub(super) fn capabilities(&self) -> ServerCapabilities {
        let encoding = match self.columns {
            Columns::Utf8 => PositionEncodingKind::UTF8,
            Columns::Utf16 => PositionEncodingKind::UTF16,
        };
        let sync = TextDocumentSyncOptions {
            open_close: Some(true),
            change: Some(TextDocumentSyncKind::INCREMENTAL),
            save: Some(TextDocumentSyncSaveOptions::SaveOptions(
                SaveOptions::default(),
            )),
            ..TextDocumentSyncOptions::default()
        };
        ServerCapabilities {
            position_encoding: Some(encoding),
            text_document_sync: Some(TextDocumentSyncCapability::Options(sync)),
            hover_provider: Some(HoverProviderCapability::Simple(true)),
            definition_provider: Some(OneOf::Left(true)),
            references_provider: Some(OneOf::Left(true)),
            rename_provider: Some(OneOf::Right(RenameOptions {
                prepare_provider: Some(true),
                work_done_progress_options: WorkDoneProgressOptions::default(),
            })),
            code_action_provider: Some(CodeActionProviderCapability::Options(CodeActionOptions {
                code_action_kinds: Some(vec![CodeActionKind::QUICKFIX]),
                ..CodeActionOptions::default()
            })),
            completion_provider: Some(CompletionOptions {
                trigger_characters: Some(vec!["\"".to_owned()]),
                ..CompletionOptions::default()
            }),
            ..ServerCapabilities::default()
        }
    }
}

fn roots(parameters: &InitializeParams) -> Vec<PathBuf> {
    let folders = parameters.workspace_folders.iter().flatten();
    let folders: Vec<_> = folders.filter_map(|folder| path_of(&folder.uri)).collect();
    if !folders.is_empty() {
        return folders;
    }
    #[expect(
        deprecated,
        reason = "editors from before workspace folders say it there alone"
    )]
    let root = parameters.root_uri.as_ref();
    root.and_then(path_of).into_iter().collect()
}

//! Changes of texts as the editor makes them.

use std::{
    collections::{BTreeMap, HashMap},
    path::Path,
};

use lsp_types::{
    DocumentChanges, OneOf, OptionalVersionedTextDocumentIdentifier, TextDocumentEdit, TextEdit,
    WorkspaceEdit,
};
use slingshot_topology::Edit;

use super::{
    client::Client,
    documents::Documents,
    places::{Lines, uri_of},
};

/// The edits as one; none if a text is no longer the one that they are of.
pub(super) fn workspace_edit(
    edits: &[Edit],
    documents: &Documents,
    client: &Client,
) -> Option<WorkspaceEdit> {
    let mut files: BTreeMap<&str, Vec<&Edit>> = BTreeMap::new();
    for edit in edits {
        files.entry(&edit.span.file.path).or_default().push(edit);
    }
    let mut changed = Vec::new();
    for (path, edits) in files {
        let file = &edits.first()?.span.file;
        if *documents.current(Path::new(path))? != *file.text {
            return None;
        }
        let lines = Lines::of(&file.text, client.columns);
        let text_edit = |edit: &&Edit| TextEdit {
            range: lsp_types::Range::new(
                lines.position(edit.span.start),
                lines.position(edit.span.end),
            ),
            new_text: edit.text.clone(),
        };
        let document = documents.get(Path::new(path));
        let uri = match document {
            Some(document) => document.uri.clone(),
            None => uri_of(Path::new(path))?,
        };
        let version = document.map(|document| document.version);
        let edits: Vec<_> = edits.iter().map(text_edit).collect();
        changed.push((uri, version, edits));
    }
    Some(if client.takes_versions {
        let of_text = |(uri, version, edits): (_, _, Vec<TextEdit>)| TextDocumentEdit {
            text_document: OptionalVersionedTextDocumentIdentifier { uri, version },
            edits: edits.into_iter().map(OneOf::Left).collect(),
        };
        let changes = changed.into_iter().map(of_text).collect();
        WorkspaceEdit {
            document_changes: Some(DocumentChanges::Edits(changes)),
            ..WorkspaceEdit::default()
        }
    } else {
        #[expect(
            clippy::mutable_key_type,
            reason = "it is the protocol's own type, and its keys do not change"
        )]
        let changes: HashMap<_, _> = changed
            .into_iter()
            .map(|(uri, _, edits)| (uri, edits))
            .collect();
        WorkspaceEdit::new(changes)
    })
}

//! From places of the texts that were analysed to places of the texts as they are now.

use std::{collections::BTreeMap, path::PathBuf};

use lsp_types::{Location, Range, Uri};
use slingshot_topology::{SourceFile, Span, language::Moved};

use super::{
    super::{
        documents::Documents,
        places::{Columns, Lines, uri_of},
    },
    Answers,
};

/// The present texts of files that answers point into.
pub(super) struct Places<'s> {
    documents: &'s Documents,
    columns: Columns,
    files: BTreeMap<String, Option<File>>,
}

struct File {
    uri: Uri,
    lines: Lines,
    moved: Moved,
}

impl<'s> Places<'s> {
    pub(super) fn of(answers: &Answers<'s>) -> Self {
        Self {
            documents: answers.documents,
            columns: answers.client.columns,
            files: BTreeMap::new(),
        }
    }

    /// None if it is not there any more.
    pub(super) fn location(&mut self, span: &Span) -> Option<Location> {
        let path = &span.file.path;
        if !self.files.contains_key(path) {
            let file = self.file(&span.file);
            self.files.insert(path.clone(), file);
        }
        let file = self.files.get(path)?.as_ref()?;
        let range = file.moved.range(span.start..span.end)?;
        Some(Location {
            uri: file.uri.clone(),
            range: Range::new(
                file.lines.position(range.start),
                file.lines.position(range.end),
            ),
        })
    }

    fn file(&self, known: &SourceFile) -> Option<File> {
        let path = PathBuf::from(&known.path);
        let text = self.documents.current(&path)?;
        let document = self.documents.get(&path);
        Some(File {
            uri: document.map_or_else(|| uri_of(&path), |it| Some(it.uri.clone()))?,
            lines: Lines::of(&text, self.columns),
            moved: Moved::between(&known.text, &text),
        })
    }
}

//! The texts that the editor has open, which win over the disk.

use std::{
    collections::BTreeMap,
    fs, io,
    ops::Range,
    path::{Path, PathBuf},
    sync::Arc,
};

use lsp_types::{TextDocumentContentChangeEvent, Uri};

use slingshot_syntax::scan::{Features, FileScan};

use super::{
    kept::Kept,
    places::{Columns, Lines},
};
use crate::sources::{Disk, Texts};

/// A larger text is no map, and no source that a person writes.
const LARGEST: usize = 64 << 20;

/// One open text.
#[derive(Clone, Debug)]
pub(super) struct Document {
    /// As the editor writes it.
    pub(super) uri: Uri,
    pub(super) version: i32,
    pub(super) text: Arc<str>,
}

/// The open texts, by path, before the disk's. Copies share the texts.
#[derive(Clone, Debug, Default)]
pub(super) struct Documents {
    open: BTreeMap<PathBuf, Document>,
    /// What is known of the disk.
    pub(super) kept: Arc<Kept>,
}

impl Documents {
    pub(super) fn open(&mut self, path: PathBuf, document: Document) {
        let document = Document {
            text: bounded(document.text),
            ..document
        };
        self.open.insert(path, document);
    }

    pub(super) fn close(&mut self, path: &Path) {
        self.open.remove(path);
    }

    pub(super) fn get(&self, path: &Path) -> Option<&Document> {
        self.open.get(path)
    }

    pub(super) fn paths(&self) -> impl Iterator<Item = &Path> {
        self.open.keys().map(PathBuf::as_path)
    }

    /// Makes the editor's changes, one after the other.
    pub(super) fn change(
        &mut self,
        path: &Path,
        version: i32,
        changes: Vec<TextDocumentContentChangeEvent>,
        columns: Columns,
    ) {
        let Some(document) = self.open.get_mut(path) else {
            return;
        };
        let mut text = document.text.to_string();
        for change in changes {
            match change.range {
                Some(range) => {
                    let lines = Lines::of(&text, columns);
                    let start = text.floor_char_boundary(lines.byte(range.start));
                    let end = text.floor_char_boundary(lines.byte(range.end));
                    text.replace_range(ordered(start, end), &change.text);
                }
                None => text = change.text,
            }
        }
        document.version = version;
        document.text = bounded(text.into());
    }

    /// The text of a file as the editor shows it, else as the disk has it.
    pub(super) fn current(&self, path: &Path) -> Option<Arc<str>> {
        match self.open.get(path) {
            Some(document) => Some(Arc::clone(&document.text)),
            None => fs::read_to_string(path).ok().map(Into::into),
        }
    }
}

fn bounded(text: Arc<str>) -> Arc<str> {
    if text.len() > LARGEST {
        tracing::warn!(bytes = text.len(), "a text is too large to look at");
        return "".into();
    }
    text
}

fn ordered(one: usize, other: usize) -> Range<usize> {
    one.min(other)..one.max(other)
}

impl Texts for Documents {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        match self.open.get(path) {
            Some(document) => Ok(document.text.as_bytes().to_vec()),
            None => self.kept.read(path),
        }
    }

    fn is_file(&self, path: &Path) -> bool {
        self.open.contains_key(path) || Disk.is_file(path)
    }

    fn directories(&self, path: &Path) -> io::Result<Vec<PathBuf>> {
        Disk.directories(path)
    }

    fn kept_scan(&self, path: &Path, text: &str, features: &Features) -> Option<FileScan> {
        self.kept.scan(path, text, features)
    }

    fn keep_scan(&self, path: &Path, text: &str, features: &Features, scan: &FileScan) {
        self.kept.keep(path, text, features, scan);
    }

    fn entries(&self, path: &Path) -> io::Result<Vec<PathBuf>> {
        Disk.entries(path)
    }
}

#[cfg(test)]
mod tests {
    use lsp_types::{Position, Range};

    use super::*;

    #[test]
    fn changes_are_made_one_after_the_other() {
        let path = Path::new("/a");
        let mut documents = Documents::default();
        let document = Document {
            uri: "file:///a".parse().unwrap(),
            version: 1,
            text: "one\nzwei\n".into(),
        };
        documents.open(path.to_owned(), document);
        let change = |line, from, to, text: &str| TextDocumentContentChangeEvent {
            range: Some(Range::new(
                Position::new(line, from),
                Position::new(line, to),
            )),
            range_length: None,
            text: text.to_owned(),
        };
        let changes = vec![
            change(1, 0, 4, "ü"),
            change(1, 1, 1, "2"),
            change(9, 9, 0, "!"),
        ];
        documents.change(path, 2, changes, Columns::Utf16);
        assert_eq!(&*documents.get(path).unwrap().text, "one\nü2\n!");
        assert_eq!(documents.get(path).unwrap().version, 2);
    }
}

//! Where texts come from: the disk, or an editor that has not saved yet.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::{Path, PathBuf},
    time::SystemTime,
};

use slingshot_syntax::scan::{Features, FileScan};

/// What a reader of a project asks of the directory tree.
pub(crate) trait Texts {
    /// The bytes of a file.
    ///
    /// # Errors
    ///
    /// If it cannot be read.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>>;

    /// Whether there is such a file.
    fn is_file(&self, path: &Path) -> bool;

    /// The directories right below one, by name.
    ///
    /// # Errors
    ///
    /// If it cannot be read.
    fn directories(&self, path: &Path) -> io::Result<Vec<PathBuf>>;

    /// Whatever is right below a directory, by name.
    ///
    /// # Errors
    ///
    /// If it cannot be read.
    fn entries(&self, path: &Path) -> io::Result<Vec<PathBuf>>;

    /// The scan of a file that had this text before, where that is kept.
    fn kept_scan(&self, _path: &Path, _text: &str, _features: &Features) -> Option<FileScan> {
        None
    }

    /// A scan that may be asked for again.
    fn keep_scan(&self, _path: &Path, _text: &str, _features: &Features, _scan: &FileScan) {}

    /// The text of a file.
    ///
    /// # Errors
    ///
    /// If it cannot be read, or is no UTF-8.
    fn text(&self, path: &Path) -> io::Result<String> {
        let bytes = self.read(path)?;
        String::from_utf8(bytes).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
    }
}

/// The disk alone.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Disk;

impl Texts for Disk {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        fs::read(path)
    }

    fn is_file(&self, path: &Path) -> bool {
        path.is_file()
    }

    fn directories(&self, path: &Path) -> io::Result<Vec<PathBuf>> {
        let mut found = Vec::new();
        for entry in fs::read_dir(path)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                found.push(entry.path());
            }
        }
        found.sort();
        Ok(found)
    }

    fn entries(&self, path: &Path) -> io::Result<Vec<PathBuf>> {
        let entries = fs::read_dir(path)?.map(|entry| Ok(entry?.path()));
        let mut found: Vec<_> = entries.collect::<io::Result<_>>()?;
        found.sort();
        Ok(found)
    }
}

/// The disk, and what was asked of it: exactly that can change an answer.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    paths: RefCell<BTreeMap<(PathBuf, Asked), Stamp>>,
    names: RefCell<BTreeMap<(PathBuf, String), Named>>,
}

/// What a name stands for in a directory, in words that differ where it does; `None` where it stands for nothing.
pub(crate) type Resolve = fn(&Path, &str) -> Option<String>;

/// A name that is no path.
#[derive(Clone, Debug)]
struct Named {
    resolve: Resolve,
    was: Option<String>,
}

/// What was asked of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Asked {
    File,
    Directories,
    Entries,
    Sources,
}

/// By this we see that something may have changed without reading it.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Stamp {
    /// A file's time and length; none where there is no file.
    File(Option<(SystemTime, u64)>),
    /// What is in a directory.
    Names(Vec<PathBuf>),
}

impl Seen {
    /// A file that somebody else reads.
    pub(crate) fn also(&self, path: &Path) {
        self.note(path, Asked::File);
    }

    /// The sources of Rust right below a directory, and the directories; which there will be is watched, too.
    pub(crate) fn sources(&self, path: &Path) -> Vec<PathBuf> {
        self.note(path, Asked::Sources);
        sources(path)
    }

    /// Takes files that were written since for such that have changed.
    pub(crate) fn doubt_since(&self, time: SystemTime, is_meant: impl Fn(&Path) -> bool) {
        for ((path, _), stamp) in &mut *self.paths.borrow_mut() {
            if matches!(stamp, Stamp::File(Some((written, _))) if *written > time) && is_meant(path)
            {
                *stamp = Stamp::File(None);
            }
        }
    }

    /// A name that somebody else resolves.
    pub(crate) fn also_name(&self, directory: &Path, name: &str, resolve: Resolve) {
        let mut names = self.names.borrow_mut();
        let named = names.entry((directory.to_owned(), name.to_owned()));
        named.or_insert_with(|| Named {
            resolve,
            was: resolve(directory, name),
        });
    }

    /// The names that do not stand for what they stood for. From now on, it is known what for.
    pub(crate) fn renamed(&self) -> Vec<PathBuf> {
        let mut changed = Vec::new();
        for ((directory, name), named) in &mut *self.names.borrow_mut() {
            let now = (named.resolve)(directory, name);
            if now != named.was {
                named.was = now;
                changed.push(PathBuf::from(name));
            }
        }
        changed
    }

    /// The paths that are not as they were. From now on, they are known as they are.
    pub(crate) fn changed(&self) -> Vec<PathBuf> {
        let mut changed = Vec::new();
        for ((path, asked), stamp) in &mut *self.paths.borrow_mut() {
            let now = asked.stamp(path);
            if now != *stamp {
                *stamp = now;
                changed.push(path.clone());
            }
        }
        changed
    }

    /// The files that were asked for.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        let seen = self.paths.borrow();
        let files = seen.keys().filter(|(_, asked)| *asked == Asked::File);
        files.map(|(path, _)| path.clone()).collect()
    }

    /// How many files were there to look at.
    pub(crate) fn count(&self) -> usize {
        let seen = self.paths.borrow();
        let is_there = |stamp: &&Stamp| matches!(stamp, Stamp::File(Some(_)));
        seen.values().filter(is_there).count()
    }

    /// The names that are resolved, each once.
    pub(crate) fn names(&self) -> BTreeSet<String> {
        let names = self.names.borrow();
        names.keys().map(|(_, name)| name.clone()).collect()
    }

    fn note(&self, path: &Path, asked: Asked) {
        let mut seen = self.paths.borrow_mut();
        let stamp = seen.entry((path.to_owned(), asked));
        stamp.or_insert_with(|| asked.stamp(path));
    }
}

impl Asked {
    fn stamp(self, path: &Path) -> Stamp {
        match self {
            Self::File => {
                let metadata = fs::metadata(path).ok();
                Stamp::File(metadata.and_then(|it| Some((it.modified().ok()?, it.len()))))
            }
            Self::Directories => Stamp::Names(Disk.directories(path).unwrap_or_default()),
            Self::Sources => Stamp::Names(sources(path)),
            Self::Entries => Stamp::Names(Disk.entries(path).unwrap_or_default()),
        }
    }
}

/// Not what an editor keeps beside them, which has another ending or is hidden.
fn sources(path: &Path) -> Vec<PathBuf> {
    let mut found = Disk.entries(path).unwrap_or_default();
    found.retain(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let is_source = path.extension().is_some_and(|ending| ending == "rs");
        !name.starts_with('.') && (is_source || path.is_dir())
    });
    found
}

/// The stamp is taken before the answer: a change in between is one to come.
impl Texts for Seen {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.note(path, Asked::File);
        Disk.read(path)
    }

    fn is_file(&self, path: &Path) -> bool {
        self.note(path, Asked::File);
        Disk.is_file(path)
    }

    fn directories(&self, path: &Path) -> io::Result<Vec<PathBuf>> {
        self.note(path, Asked::Directories);
        Disk.directories(path)
    }

    fn entries(&self, path: &Path) -> io::Result<Vec<PathBuf>> {
        self.note(path, Asked::Entries);
        Disk.entries(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_asked_is_watched_and_nothing_else() {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name);
        let changed = |seen: &Seen| -> Vec<_> {
            let changed = seen.changed().into_iter();
            changed
                .map(|path| path.strip_prefix(directory.path()).unwrap().to_owned())
                .collect()
        };
        fs::write(path("read"), "1").unwrap();
        fs::write(path("other"), "1").unwrap();
        let seen = Seen::default();
        seen.text(&path("read")).unwrap();
        assert!(!seen.is_file(&path("absent")));
        seen.directories(directory.path()).unwrap();
        assert!(changed(&seen).is_empty());
        fs::write(path("read"), "longer").unwrap();
        fs::write(path("other"), "longer").unwrap();
        fs::write(path("report.json"), "{}").unwrap();
        assert_eq!(changed(&seen), [Path::new("read")]);
        assert!(changed(&seen).is_empty());
        fs::write(path("absent"), "").unwrap();
        fs::create_dir(path("package")).unwrap();
        assert_eq!(changed(&seen), [Path::new(""), Path::new("absent")]);
    }
}

//! What has been read and scanned of files that are as they were: a keystroke changes one of many.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
    time::SystemTime,
};

use slingshot_syntax::scan::{Features, FileScan};

/// More files than this are read again each time. A project has fewer.
const MOST_FILES: usize = 20_000;

/// By this a file is known to be as it was, unless the editor says otherwise.
type Stamp = (SystemTime, u64);

/// Files by path. One analysis runs at a time, beside a conversation that forgets what it hears has changed.
#[derive(Debug, Default)]
pub(super) struct Kept(Mutex<Files>);

#[derive(Debug, Default)]
struct Files {
    texts: BTreeMap<PathBuf, (Stamp, Vec<u8>)>,
    scans: BTreeMap<PathBuf, (String, Features, FileScan)>,
    work: Work,
}

/// How much has been done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Work {
    pub(super) read: usize,
    pub(super) scanned: usize,
}

impl Kept {
    /// The bytes of a file of the disk.
    pub(super) fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let stamp = stamp(path);
        let mut files = self.files();
        if let (Some(stamp), Some((known, bytes))) = (stamp, files.texts.get(path))
            && *known == stamp
        {
            return Ok(bytes.clone());
        }
        // The stamp is older than the bytes: a change in between is one to come.
        let bytes = fs::read(path)?;
        files.work.read += 1;
        if let Some(stamp) = stamp.filter(|_| files.texts.len() < MOST_FILES) {
            let entry = (stamp, bytes.clone());
            files.texts.insert(path.to_owned(), entry);
        }
        Ok(bytes)
    }

    /// The scan of this text, if it was the last of its file.
    pub(super) fn scan(&self, path: &Path, text: &str, features: &Features) -> Option<FileScan> {
        let files = self.files();
        let (known, of, scan) = files.scans.get(path)?;
        (known == text && of == features).then(|| scan.clone())
    }

    pub(super) fn keep(&self, path: &Path, text: &str, features: &Features, scan: &FileScan) {
        let mut files = self.files();
        files.work.scanned += 1;
        if files.scans.len() < MOST_FILES || files.scans.contains_key(path) {
            let entry = (text.to_owned(), features.clone(), scan.clone());
            files.scans.insert(path.to_owned(), entry);
        }
    }

    /// A file that may not be as it was, whatever its time says.
    pub(super) fn forget(&self, path: &Path) {
        self.files().texts.remove(path);
    }

    #[cfg(test)]
    pub(super) fn work(&self) -> Work {
        self.files().work
    }

    /// What a panic left behind is complete: each entry is made before it is put in.
    fn files(&self) -> MutexGuard<'_, Files> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn stamp(path: &Path) -> Option<Stamp> {
    let metadata = fs::metadata(path).ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}

#[cfg(test)]
mod tests {
    use std::{fmt::Write as _, sync::Arc};

    use super::{
        super::{
            analysis::{Analysed, Changes, Job},
            documents::{Document, Documents},
        },
        *,
    };

    const SERVICES: usize = 200;

    /// A project with a file for each service.
    fn project() -> tempfile::TempDir {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path();
        fs::create_dir(path.join("src")).unwrap();
        let write = |name: &str, text: &str| fs::write(path.join(name), text).unwrap();
        let (mut map, mut main) = ("[topology]\nsources = [\"s0\"]\n".to_owned(), String::new());
        for number in 0..SERVICES {
            let next = if number + 1 == SERVICES {
                String::new()
            } else {
                format!("\"s{}\"", number + 1)
            };
            let route = format!("{{ case = \"text\", queues = [{next}] }}");
            writeln!(
                map,
                "[services.s{number}]\nin = \"s{number}\"\nout = [{route}]"
            )
            .unwrap();
            writeln!(main, "mod s{number};").unwrap();
            let code = "#[derive(Case)]\nenum Kind { Text }\n";
            let function = format!(
                "#[microservice(name = \"s{number}\")]\nfn f(request: u64) -> (u64, Kind) {{ (request, Kind::Text) }}\n"
            );
            write(&format!("src/s{number}.rs"), &(code.to_owned() + &function));
        }
        write("slingshot.toml", &map);
        write("src/main.rs", &main);
        write(
            "Cargo.toml",
            "[package]\nname = \"p\"\nversion = \"1.0.0\"\n",
        );
        directory
    }

    fn analysed(
        documents: &Documents,
        changes: Changes,
        before: Vec<Arc<Analysed>>,
        root: &Path,
    ) -> Vec<Arc<Analysed>> {
        let job = Job {
            roots: vec![root.to_owned()],
            documents: documents.clone(),
            changes,
            before,
        };
        job.run()
    }

    #[test]
    fn a_keystroke_reads_nothing_again_that_is_as_it_was() {
        let directory = project();
        let map = directory.path().join("slingshot.toml");
        let mut documents = Documents::default();
        let first = analysed(
            &documents,
            Changes::Everything,
            Vec::new(),
            directory.path(),
        );
        assert!(first[0].found.is_empty(), "{:?}", first[0].found);
        let begun = documents.kept.work();
        assert_eq!(begun.scanned, SERVICES + 1);
        // In the map, and then in one of the sources.
        let source = directory.path().join("src/s7.rs");
        for (path, from, to, scanned) in [
            (&map, "queues = [\"s8\"]", "queues = [\"s9\"]", 0),
            (&source, "\"s7\"", "\"s77\"", 1),
        ] {
            let text = fs::read_to_string(path).unwrap().replace(from, to);
            let document = Document {
                uri: "file:///a".parse().unwrap(),
                version: 1,
                text: text.into(),
            };
            documents.open(path.clone(), document);
            let mut changes = Changes::Nothing;
            changes.text(path);
            let before = documents.kept.work();
            let again = analysed(&documents, changes, first.clone(), directory.path());
            assert!(!again[0].found.is_empty());
            let after = documents.kept.work();
            assert_eq!(after.read - before.read, 0);
            assert_eq!(after.scanned - before.scanned, scanned);
        }
        // What the editor says has changed is read, and what has another time.
        documents.close(&source);
        documents.kept.forget(&source);
        let before = documents.kept.work();
        documents.kept.read(&source).unwrap();
        fs::write(&source, "// shorter").unwrap();
        assert_eq!(documents.kept.read(&source).unwrap(), b"// shorter");
        documents.kept.read(&source).unwrap();
        assert_eq!(documents.kept.work().read - before.read, 2);
    }
}

//! The Rust sources of a project, found without cargo: packages by their manifests, files by
//! following `mod`.

mod changes;
mod crates;
mod members;
mod processes;
mod scanner;
#[cfg(test)]
mod tests;
mod texts;

use std::{
    collections::{BTreeMap, VecDeque},
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use slingshot_syntax::scan::{Features, FileScan, ModuleFile};
use slingshot_topology::{Process, SourceFile};

pub(crate) use self::{
    changes::files,
    texts::{Disk, Seen, Texts},
};
use self::{crates::Crates, members::Members, scanner::Scanner};
use crate::{exit::Failure, project::shown};

/// A project has fewer files than this, or is none.
const MAX_FILES: usize = 20_000;

/// The packages of a project.
#[derive(Debug, Default)]
pub(crate) struct Sources {
    pub(crate) packages: Vec<Package>,
    /// The files that could not be looked at, and why.
    pub(crate) unread: Vec<String>,
    /// What is too far below to be looked at.
    pub(crate) too_deep: Option<String>,
}

/// One package and every file of its binaries and its library.
#[derive(Debug)]
pub(crate) struct Package {
    pub(crate) files: Vec<ScannedFile>,
    /// Where its crates begin, and what they are called.
    crates: Crates,
}

/// A file, read and scanned.
#[derive(Debug)]
pub(crate) struct ScannedFile {
    pub(crate) text: Arc<SourceFile>,
    pub(crate) scan: FileScan,
    /// The processes that have its code.
    pub(crate) processes: Vec<Process>,
    path: PathBuf,
    /// The files of its modules.
    modules: Vec<PathBuf>,
}

/// Every package of the project in `directory`, in the order of their paths. Paths are shown relative to
/// `base`.
///
/// # Errors
///
/// If a directory, a manifest or a source cannot be read.
pub(crate) fn packages(
    directory: &Path,
    base: &Path,
    texts: &dyn Texts,
) -> Result<Sources, Failure> {
    let members = Members::of(directory, base, texts);
    let members = members.map_err(|error| unreadable(directory, error))?;
    let mut sources = Sources {
        packages: Vec::new(),
        too_deep: too_deep(&members.too_deep, base),
        unread: members.unread,
    };
    let scanner = Scanner::start().map_err(|error| unreadable(directory, error))?;
    for (directory, manifest) in &members.manifests {
        let crates = Crates::of(directory, manifest, texts);
        let mut follower = Follower {
            base,
            texts,
            scanner: &scanner,
            unread: &mut sources.unread,
        };
        let files = follower.follow(&crates)?;
        sources.packages.push(Package { files, crates });
    }
    processes::assign(&mut sources.packages);
    Ok(sources)
}

/// `a/b/c and 2 other directories: nothing so far below is looked at`.
pub(crate) fn too_deep(directories: &[PathBuf], base: &Path) -> Option<String> {
    let (first, others) = directories.split_first()?;
    let others = match others.len() {
        0 => String::new(),
        1 => " and another directory".to_owned(),
        count => format!(" and {count} other directories"),
    };
    let first = shown(first, base);
    Some(format!(
        "{first}{others}: nothing so far below is looked at"
    ))
}

/// Whether cargo has anything to look at in a project.
pub(crate) fn has_manifest(directory: &Path) -> bool {
    Members::of(directory, directory, &Disk)
        .is_ok_and(|members| !members.manifests.is_empty() || !members.unread.is_empty())
}

fn unreadable(path: &Path, error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Failure {
    Failure::unreadable(format!("cannot read {}", path.display())).because(error)
}

/// Reads the files of a package.
struct Follower<'a> {
    base: &'a Path,
    texts: &'a dyn Texts,
    scanner: &'a Scanner,
    unread: &'a mut Vec<String>,
}

impl Follower<'_> {
    /// The roots and every file that they reach through `mod name;`.
    fn follow(&mut self, crates: &Crates) -> Result<Vec<ScannedFile>, Failure> {
        let mut files = Vec::new();
        // Whether `cfg` decides if a file is there. What is always there is looked at first.
        let mut seen: BTreeMap<PathBuf, bool> = BTreeMap::new();
        let roots = || crates.roots().map(Path::to_owned);
        let mut waiting: VecDeque<PathBuf> = roots().collect();
        seen.extend(roots().map(|root| (root, false)));
        while let Some(path) = waiting.pop_front() {
            if files.len() == MAX_FILES {
                return Err(Failure::unreadable(format!(
                    "more than {MAX_FILES} source files below {}",
                    self.base.display()
                )));
            }
            let Some(text) = self.text(&path)? else {
                continue;
            };
            let (text, mut scan) = self.scanned(&path, text, crates.features())?;
            if seen.get(&path) == Some(&true) {
                scan.make_conditional();
            }
            let is_root = crates.roots().any(|root| root == path);
            let mut modules = Vec::new();
            for module in &scan.modules {
                let Some(file) = self.file_of(&path, is_root, module) else {
                    continue;
                };
                let is_new = !seen.contains_key(&file);
                if is_new && module.is_conditional {
                    waiting.push_back(file.clone());
                } else if is_new {
                    waiting.push_front(file.clone());
                }
                let conditional = seen.entry(file.clone()).or_insert(module.is_conditional);
                *conditional &= module.is_conditional;
                modules.push(file);
            }
            files.push(ScannedFile {
                text: SourceFile::new(shown(&path, self.base).to_string(), text),
                scan,
                processes: Vec::new(),
                path,
                modules,
            });
        }
        Ok(files)
    }

    fn scanned(
        &self,
        path: &Path,
        text: String,
        features: &Features,
    ) -> Result<(String, FileScan), Failure> {
        if let Some(scan) = self.texts.kept_scan(path, &text, features) {
            return Ok((text, scan));
        }
        let (text, scan) = self.scanner.scan(text, features)?;
        self.texts.keep_scan(path, &text, features, &scan);
        Ok((text, scan))
    }

    /// The text of a file, unless it has none.
    fn text(&mut self, path: &Path) -> Result<Option<String>, Failure> {
        match self.texts.text(path) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                let shown = shown(path, self.base);
                self.unread.push(format!("{shown}: {error}"));
                Ok(None)
            }
            Err(error) => Err(unreadable(path, error)),
        }
    }

    fn file_of(&mut self, path: &Path, is_root: bool, module: &ModuleFile) -> Option<PathBuf> {
        let candidates = module_files(path, is_root, module);
        let found = candidates.iter().find(|file| self.texts.is_file(file));
        if found.is_none() {
            let looked_for: Vec<_> = candidates
                .iter()
                .map(|file| shown(file, self.base).to_string())
                .collect();
            self.unread.push(format!(
                "{}:{}:{}: the module `{}` has no file {}",
                shown(path, self.base),
                module.at.line,
                module.at.column,
                module.name,
                looked_for.join(" or ")
            ));
        }
        found.cloned()
    }
}

/// Where the compiler looks for `mod name;` in `file`.
fn module_files(file: &Path, is_root: bool, module: &ModuleFile) -> Vec<PathBuf> {
    let directory = file.parent().unwrap_or(Path::new(""));
    let own = if is_root || file.file_name().is_some_and(|name| name == "mod.rs") {
        directory.to_owned()
    } else {
        directory.join(file.file_stem().unwrap_or_default())
    };
    let mut inside = own;
    inside.extend(&module.inside);
    match &module.path {
        Some(path) if module.inside.is_empty() => vec![directory.join(path)],
        Some(path) => vec![inside.join(path)],
        None => vec![
            inside.join(format!("{}.rs", module.name)),
            inside.join(&module.name).join("mod.rs"),
        ],
    }
}

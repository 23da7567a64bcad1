//! The Rust sources of a project, found without cargo: packages by their manifests, files by
//! following `mod`.

mod changes;
mod crates;
mod members;
mod processes;
mod scanner;
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

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn write(directory: &Path, files: &[(&str, &str)]) {
        for (path, text) in files {
            let path = directory.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
    }

    fn found(directory: &Path) -> Vec<Vec<String>> {
        let paths = |package: Package| {
            let mut paths: Vec<_> = package
                .files
                .iter()
                .map(|file| file.text.path.clone())
                .collect();
            paths.sort();
            paths
        };
        packages(directory, directory, &Disk)
            .unwrap()
            .packages
            .into_iter()
            .map(paths)
            .collect()
    }

    #[test]
    fn modules_are_followed_as_the_compiler_follows_them() {
        let directory = tempfile::tempdir().unwrap();
        write(
            directory.path(),
            &[
                (
                    "Cargo.toml",
                    "[package]\nname = \"a\"\n[[bin]]\nname = \"x\"\npath = \"x.rs\"\n",
                ),
                (
                    "src/main.rs",
                    "mod one; mod inline { mod two; } #[path = \"odd.rs\"] mod three;",
                ),
                ("src/one.rs", "mod four;"),
                ("src/one/four.rs", ""),
                ("src/inline/two/mod.rs", "mod five;"),
                ("src/inline/two/five.rs", ""),
                ("src/odd.rs", ""),
                ("src/unused.rs", ""),
                ("src/bin/y.rs", ""),
                ("x.rs", ""),
            ],
        );
        assert_eq!(
            found(directory.path()),
            [[
                "src/bin/y.rs",
                "src/inline/two/five.rs",
                "src/inline/two/mod.rs",
                "src/main.rs",
                "src/odd.rs",
                "src/one.rs",
                "src/one/four.rs",
                "x.rs",
            ]]
        );
    }

    const PACKAGE: &str = "[package]\nname = \"p\"\n";

    #[test]
    fn packages_below_belong_to_the_project_unless_they_are_one() {
        let directory = tempfile::tempdir().unwrap();
        write(
            directory.path(),
            &[
                ("services/a/Cargo.toml", PACKAGE),
                ("services/a/src/main.rs", ""),
                ("services/a/fixtures/x/Cargo.toml", PACKAGE),
                ("services/a/fixtures/x/src/main.rs", ""),
                ("other/slingshot.toml", ""),
                ("other/Cargo.toml", PACKAGE),
                ("other/src/main.rs", ""),
                ("third-party/b/.cargo-checksum.json", "{}"),
                ("third-party/b/Cargo.toml", PACKAGE),
                ("third-party/b/src/lib.rs", ""),
                ("target/b/Cargo.toml", PACKAGE),
            ],
        );
        assert_eq!(found(directory.path()), [["services/a/src/main.rs"]]);
    }

    #[test]
    fn a_workspace_has_its_members_and_no_other_packages() {
        let directory = tempfile::tempdir().unwrap();
        let workspace =
            "[workspace]\nmembers = [\"services/*\", \"app\"]\nexclude = [\"services/old\"]\n";
        let app = "[package]\nname = \"app\"\n[dependencies]\nshared = { path = \"../shared\" }\n";
        write(
            directory.path(),
            &[
                ("Cargo.toml", workspace),
                ("services/a/Cargo.toml", PACKAGE),
                ("services/a/src/main.rs", ""),
                ("services/old/Cargo.toml", PACKAGE),
                ("services/old/src/main.rs", ""),
                ("services/own/slingshot.toml", ""),
                ("services/own/Cargo.toml", PACKAGE),
                ("services/own/src/main.rs", ""),
                ("app/Cargo.toml", app),
                ("app/src/main.rs", ""),
                ("app/inner/Cargo.toml", PACKAGE),
                ("app/inner/src/main.rs", ""),
                ("shared/Cargo.toml", PACKAGE),
                ("shared/src/lib.rs", ""),
                ("vendor/b/Cargo.toml", PACKAGE),
                ("vendor/b/src/lib.rs", ""),
            ],
        );
        assert_eq!(
            found(directory.path()),
            [
                ["app/src/main.rs"],
                ["services/a/src/main.rs"],
                ["shared/src/lib.rs"]
            ]
        );
        // The workspace around a project says what its members are, too.
        assert_eq!(found(&directory.path().join("app")), [["src/main.rs"]]);
    }

    #[test]
    fn what_is_no_manifest_and_no_text_is_said_and_left_out() {
        let directory = tempfile::tempdir().unwrap();
        write(
            directory.path(),
            &[
                ("a/Cargo.toml", PACKAGE),
                ("a/src/main.rs", "mod odd;"),
                (
                    "template/Cargo.toml",
                    "[package]\nname = \"x\"\n{% if lib %}\n",
                ),
            ],
        );
        fs::write(directory.path().join("a/src/odd.rs"), b"// \xff\n").unwrap();
        assert_eq!(found(directory.path()), [["a/src/main.rs"]]);
        let sources = packages(directory.path(), directory.path(), &Disk).unwrap();
        insta::assert_snapshot!(sources.unread.join("\n"), @r"
        template/Cargo.toml: no manifest of cargo: invalid key-value pair, expected key
        a/src/odd.rs: invalid utf-8 sequence of 1 bytes from index 3
        ");
    }

    #[test]
    fn a_binary_is_a_process_with_the_libraries_that_it_uses() {
        let directory = tempfile::tempdir().unwrap();
        let app = "[package]\nname = \"app\"\n[dependencies]\nkit = { path = \"../kit\", package = \"the-kit\" }\n";
        write(
            directory.path(),
            &[
                ("app/Cargo.toml", app),
                ("app/src/bin/one.rs", "mod shared; use app::start;"),
                ("app/src/bin/two.rs", "mod shared; use kit::x;"),
                ("app/src/bin/shared.rs", ""),
                ("app/src/lib.rs", "mod nope;"),
                ("kit/Cargo.toml", "[package]\nname = \"the-kit\"\n"),
                ("kit/src/lib.rs", ""),
                ("alone/Cargo.toml", "[package]\nname = \"alone\"\n"),
                ("alone/src/lib.rs", ""),
            ],
        );
        let sources = packages(directory.path(), directory.path(), &Disk).unwrap();
        let files = sources.packages.iter().flat_map(|package| &package.files);
        let said: Vec<_> = files
            .map(|file| format!("{} {:?}", file.text.path, file.processes))
            .chain(sources.unread.clone())
            .collect();
        insta::assert_snapshot!(said.join("\n"), @r"
        alone/src/lib.rs [Library(4)]
        app/src/bin/one.rs [Binary(1)]
        app/src/bin/shared.rs [Binary(1), Binary(2), Binary(3)]
        app/src/bin/two.rs [Binary(3)]
        app/src/lib.rs [Binary(1)]
        kit/src/lib.rs [Binary(3)]
        app/src/lib.rs:1:5: the module `nope` has no file app/src/nope.rs or app/src/nope/mod.rs
        ");
    }
}

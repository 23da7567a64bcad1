//! The Rust sources of a project, found without cargo: packages by their manifests, files by
//! following `mod`.

mod members;
mod texts;

use std::{
    collections::{BTreeSet, VecDeque},
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use slingshot_syntax::scan::{FileScan, ModuleFile, scan_file};
use slingshot_topology::SourceFile;
use toml_edit::{DocumentMut, Item};

use self::members::Members;
pub(crate) use self::texts::{Disk, Seen, Texts};
use crate::{exit::Failure, project::shown};

/// A project has fewer files than this, or is none.
const MAX_FILES: usize = 20_000;

/// The packages of a project.
#[derive(Debug, Default)]
pub(crate) struct Sources {
    pub(crate) packages: Vec<Package>,
    /// The files that could not be looked at, and why.
    pub(crate) unread: Vec<String>,
}

/// One package and every file of its binaries and its library.
#[derive(Debug)]
pub(crate) struct Package {
    pub(crate) files: Vec<ScannedFile>,
}

/// A file, read and scanned.
#[derive(Debug)]
pub(crate) struct ScannedFile {
    pub(crate) text: Arc<SourceFile>,
    pub(crate) scan: FileScan,
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
        unread: members.unread,
    };
    for (directory, manifest) in &members.manifests {
        let roots = crate_roots(directory, manifest, texts);
        let files = follow(roots, base, texts, &mut sources.unread)?;
        sources.packages.push(Package { files });
    }
    Ok(sources)
}

fn unreadable(path: &Path, error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Failure {
    Failure::unreadable(format!("cannot read {}", path.display())).because(error)
}

/// Where a package's crates begin: cargo's own places, and those that the manifest names.
fn crate_roots(package: &Path, manifest: &DocumentMut, texts: &dyn Texts) -> BTreeSet<PathBuf> {
    let mut roots = BTreeSet::from([package.join("src/main.rs"), package.join("src/lib.rs")]);
    let programs = texts.entries(&package.join("src/bin"));
    for path in programs.unwrap_or_default() {
        roots.insert(if path.is_dir() {
            path.join("main.rs")
        } else {
            path
        });
    }
    let named =
        |item: &Item| -> Option<PathBuf> { Some(package.join(item.get("path")?.as_str()?)) };
    roots.extend(manifest.get("lib").and_then(named));
    let binaries = manifest.get("bin").and_then(Item::as_array_of_tables);
    for binary in binaries.into_iter().flatten() {
        let path = binary.get("path").and_then(Item::as_str);
        roots.extend(path.map(|path| package.join(path)));
    }
    roots.retain(|root| {
        root.extension().is_some_and(|extension| extension == "rs") && texts.is_file(root)
    });
    roots
}

/// The roots and every file that they reach through `mod name;`.
fn follow(
    roots: BTreeSet<PathBuf>,
    base: &Path,
    texts: &dyn Texts,
    unread: &mut Vec<String>,
) -> Result<Vec<ScannedFile>, Failure> {
    let mut files = Vec::new();
    let mut seen = roots.clone();
    let mut waiting: VecDeque<(PathBuf, bool)> =
        roots.into_iter().map(|root| (root, true)).collect();
    while let Some((path, is_root)) = waiting.pop_front() {
        if files.len() == MAX_FILES {
            return Err(Failure::unreadable(format!(
                "more than {MAX_FILES} source files below {}",
                base.display()
            )));
        }
        let text = match texts.text(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                unread.push(format!("{}: {error}", shown(&path, base)));
                continue;
            }
            Err(error) => return Err(unreadable(&path, error)),
        };
        let scan = scan_file(&text);
        for module in &scan.modules {
            // A module that is not there is the compiler's to report.
            let file = module_files(&path, is_root, module)
                .into_iter()
                .find(|file| texts.is_file(file));
            waiting.extend(
                file.filter(|file| seen.insert(file.clone()))
                    .map(|file| (file, false)),
            );
        }
        files.push(ScannedFile {
            text: SourceFile::new(shown(&path, base).to_string(), text),
            scan,
        });
    }
    Ok(files)
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
}

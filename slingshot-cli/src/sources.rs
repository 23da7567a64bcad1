//! The Rust sources of a project, found without cargo: packages by their manifests, files by
//! following `mod`.

mod changes;
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

pub(crate) use self::{
    changes::files,
    texts::{Disk, Seen, Texts},
};
use crate::{
    exit::Failure,
    project::{SYSTEM_FILE, shown},
};

/// Packages deeper than this below a project belong to something else.
const MAX_DEPTH: usize = 6;
/// A project has fewer files than this, or is none.
const MAX_FILES: usize = 20_000;

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

/// Every package under `directory`, in the order of their paths. Paths are shown relative to `base`.
///
/// # Errors
///
/// If a directory, a manifest or a source cannot be read.
pub(crate) fn packages(
    directory: &Path,
    base: &Path,
    texts: &dyn Texts,
) -> Result<Vec<Package>, Failure> {
    let mut manifests = Vec::new();
    find_manifests(directory, MAX_DEPTH, texts, &mut manifests)
        .map_err(|error| unreadable(directory, error))?;
    manifests.sort();
    let mut packages = Vec::new();
    for manifest in manifests {
        let text = texts
            .text(&manifest)
            .map_err(|error| unreadable(&manifest, error))?;
        let document: DocumentMut = text.parse().map_err(|error| unreadable(&manifest, error))?;
        let Some(package_directory) = manifest.parent() else {
            continue;
        };
        if document.contains_key("package") {
            let roots = crate_roots(package_directory, &document, texts);
            packages.push(Package {
                files: follow(roots, base, texts)?,
            });
        }
    }
    Ok(packages)
}

/// Whether cargo has anything to look at in a project.
pub(crate) fn has_manifest(directory: &Path) -> bool {
    let mut manifests = Vec::new();
    find_manifests(directory, MAX_DEPTH, &Disk, &mut manifests).ok();
    !manifests.is_empty()
}

fn unreadable(path: &Path, error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Failure {
    Failure::unreadable(format!("cannot read {}", path.display())).because(error)
}

/// A directory below with a `slingshot.toml` is a project of its own.
fn find_manifests(
    directory: &Path,
    depth: usize,
    texts: &dyn Texts,
    found: &mut Vec<PathBuf>,
) -> io::Result<()> {
    let manifest = directory.join("Cargo.toml");
    if texts.is_file(&manifest) {
        found.push(manifest);
    }
    if depth == 0 {
        return Ok(());
    }
    for path in texts.directories(directory)? {
        let name = path.file_name().unwrap_or_default();
        let skipped = name == "target" || name.to_string_lossy().starts_with('.');
        if !skipped && !texts.is_file(&path.join(SYSTEM_FILE)) {
            find_manifests(&path, depth - 1, texts, found)?;
        }
    }
    Ok(())
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
        let text = texts
            .text(&path)
            .map_err(|error| unreadable(&path, error))?;
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

    #[test]
    fn packages_below_belong_to_the_project_unless_they_are_one() {
        let directory = tempfile::tempdir().unwrap();
        let package = "[package]\nname = \"p\"\n";
        write(
            directory.path(),
            &[
                ("Cargo.toml", "[workspace]\n"),
                ("services/a/Cargo.toml", package),
                ("services/a/src/main.rs", ""),
                ("other/slingshot.toml", ""),
                ("other/Cargo.toml", package),
                ("other/src/main.rs", ""),
                ("target/b/Cargo.toml", package),
            ],
        );
        assert_eq!(found(directory.path()), [["services/a/src/main.rs"]]);
    }
}

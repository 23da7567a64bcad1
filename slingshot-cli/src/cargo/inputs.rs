//! The files that a build of a project's services is made of: what to look at, to build again when it changes.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use super::{Metadata, Package, metadata};
use crate::{
    Context,
    exit::Failure,
    project::Project,
    sources::{Seen, Texts as _},
};

/// Sources deeper than this below where a crate begins are nobody's.
const MAX_DEPTH: usize = 16;
/// Cargo's own files, beside those of the packages.
const OF_THE_WORKSPACE: [&str; 5] = [
    "Cargo.toml",
    "Cargo.lock",
    "rust-toolchain.toml",
    ".cargo/config.toml",
    ".cargo/config",
];

/// Looks at every file that may change what is built: sources and manifests of the packages of services and of the packages
/// of their workspace that they depend on, and what the compiler has read of the workspace besides (`include_str!`).
///
/// # Errors
///
/// If cargo cannot read the project.
pub(crate) async fn look(
    context: &Context,
    project: &Project,
    binaries: &[PathBuf],
    seen: &Seen,
) -> Result<(), Failure> {
    let metadata = metadata(&context.environment.cargo, &project.directory).await?;
    for name in OF_THE_WORKSPACE {
        seen.also(&metadata.workspace_root.join(name));
    }
    for package in needed(&metadata, project) {
        seen.also(&package.manifest_path);
        let root = package.directory();
        for target in package.targets.iter().filter(|it| it.is_built()) {
            seen.also(&target.src_path);
            match target.src_path.parent() {
                // A build script beside the manifest has no modules there.
                Some(directory) if directory != root => sources(directory, MAX_DEPTH, seen),
                _ => {}
            }
        }
    }
    for binary in binaries {
        let read = fs::read_to_string(binary.with_extension("d")).unwrap_or_default();
        let own = read_by_compiler(&read).filter(|path| {
            path.starts_with(&metadata.workspace_root)
                && !path.starts_with(&metadata.target_directory)
        });
        own.for_each(|path| seen.also(&path));
    }
    Ok(())
}

/// The packages of services, and those of the workspace that they are made of.
fn needed<'m>(metadata: &'m Metadata, project: &Project) -> Vec<&'m Package> {
    let packages = metadata.packages.iter();
    let by_directory: BTreeMap<&Path, &Package> = packages
        .map(|package| (package.directory(), package))
        .collect();
    let of_services = metadata.packages.iter();
    let mut waiting: Vec<&Package> = of_services
        .filter(|package| package.is_of(&project.directory))
        .collect();
    let mut known = BTreeSet::new();
    let mut needed = Vec::new();
    while let Some(package) = waiting.pop() {
        if !known.insert(&package.id) {
            continue;
        }
        needed.push(package);
        let paths = package
            .dependencies
            .iter()
            .filter_map(|it| it.path.as_deref());
        waiting.extend(paths.filter_map(|path| by_directory.get(path)));
    }
    needed
}

/// The sources below a directory, and each that will be there.
fn sources(directory: &Path, depth: usize, seen: &Seen) {
    for path in seen.sources(directory) {
        if path.extension().is_some_and(|ending| ending == "rs") && seen.is_file(&path) {
            continue;
        }
        if depth > 0 {
            sources(&path, depth - 1, seen);
        }
    }
}

/// What stands behind the first colon of the lines that cargo leaves beside a binary: paths, in which a blank has a
/// backslash before it.
fn read_by_compiler(text: &str) -> impl Iterator<Item = PathBuf> {
    let line = text.lines().next().unwrap_or_default();
    let paths = line.split_once(": ").map_or("", |(_, paths)| paths);
    let paths = paths.replace("\\ ", "\0");
    let paths: Vec<_> = paths
        .split_whitespace()
        .map(|path| PathBuf::from(path.replace('\0', " ")))
        .collect();
    paths.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_compiler_says_which_files_it_has_read() {
        let text = "/p/target/debug/a: /p/src/a\\ b.rs /p/words.txt\n\n/p/target/debug/libb.rlib: /p/b.rs\n";
        let read: Vec<_> = read_by_compiler(text).collect();
        assert_eq!(
            read,
            [Path::new("/p/src/a b.rs"), Path::new("/p/words.txt")]
        );
        assert_eq!(read_by_compiler("").count(), 0);
    }
}

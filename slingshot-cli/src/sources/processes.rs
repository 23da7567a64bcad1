//! Which code runs together: a binary has its own modules and those of the libraries that it uses.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use slingshot_topology::Process;

use super::{Package, ScannedFile};

/// One crate: its package, and its first file.
type Crate<'a> = (usize, &'a Path);

/// Says of each file which processes have it. A library that no binary uses is one by itself.
pub(super) fn assign(packages: &mut [Package]) {
    let mut found: BTreeMap<(usize, PathBuf), Vec<Process>> = BTreeMap::new();
    let mut used: BTreeSet<Crate<'_>> = BTreeSet::new();
    let mut count = 0;
    let mut add = |process: Process, crates: &[Crate<'_>]| {
        for &(package, root) in crates {
            for path in tree(&packages[package], root) {
                let processes = found.entry((package, path.to_owned())).or_default();
                processes.push(process);
                processes.dedup();
            }
        }
    };
    for (index, package) in packages.iter().enumerate() {
        for binary in &package.crates.binaries {
            let crates = linked(packages, (index, binary));
            count += 1;
            add(Process::Binary(count), &crates);
            used.extend(crates);
        }
    }
    for (index, package) in packages.iter().enumerate() {
        if let Some((root, _)) = &package.crates.library
            && !used.contains(&(index, root))
        {
            count += 1;
            add(Process::Library(count), &linked(packages, (index, root)));
        }
    }
    for (index, package) in packages.iter_mut().enumerate() {
        for file in &mut package.files {
            let processes = found.remove(&(index, file.path.clone()));
            file.processes = processes.unwrap_or_default();
        }
    }
}

/// A crate and the libraries that it uses, directly or not. One that its code never names is not linked.
fn linked<'a>(packages: &'a [Package], first: Crate<'a>) -> Vec<Crate<'a>> {
    let mut found = vec![first];
    let mut next = 0;
    while let Some(&(package, root)) = found.get(next) {
        next += 1;
        let here = &packages[package];
        let files: Vec<_> = files(here, root).collect();
        let is_named = |name: &str| files.iter().any(|file| names(&file.text.text, name));
        for (index, other) in packages.iter().enumerate() {
            let Some((library, name)) = &other.crates.library else {
                continue;
            };
            let is_used = if index == package {
                is_named(name)
            } else {
                let dependencies = here.crates.dependencies.iter();
                let of_it = dependencies.filter(|(_, package)| **package == other.crates.package);
                // A dependency that is not renamed has the name of its library.
                of_it
                    .into_iter()
                    .any(|(key, _)| is_named(key) || is_named(name))
            };
            let library = (index, library.as_path());
            if is_used && !found.contains(&library) {
                found.push(library);
            }
        }
    }
    found
}

/// The paths of a crate's files.
fn tree<'a>(package: &'a Package, root: &'a Path) -> BTreeSet<&'a Path> {
    let by_path: BTreeMap<&Path, &ScannedFile> = package
        .files
        .iter()
        .map(|file| (file.path.as_path(), file))
        .collect();
    let mut found = BTreeSet::from([root]);
    let mut waiting = vec![root];
    while let Some(path) = waiting.pop() {
        let modules = by_path.get(path).map(|file| file.modules.iter());
        for module in modules.into_iter().flatten() {
            if found.insert(module) {
                waiting.push(module);
            }
        }
    }
    found
}

fn files<'a>(package: &'a Package, root: &'a Path) -> impl Iterator<Item = &'a ScannedFile> {
    let tree = tree(package, root);
    let files = package.files.iter();
    files.filter(move |file| tree.contains(file.path.as_path()))
}

/// Whether a text has the name as a word.
fn names(text: &str, name: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    !name.is_empty()
        && text.match_indices(name).any(|(at, _)| {
            let (before, rest) = text.split_at(at);
            let after = rest.get(name.len()..).unwrap_or_default();
            !before.ends_with(is_part) && !after.starts_with(is_part)
        })
}

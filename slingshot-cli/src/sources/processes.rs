//! Which code runs together: a binary has its own modules and those of the libraries that it uses.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use slingshot_topology::Process;

use super::{Package, ScannedFile};

/// One crate: its package, and its first file.
type Crate<'a> = (usize, &'a Path);

/// What belongs to a crate.
struct Parts<'a> {
    /// The paths of its files.
    files: BTreeSet<&'a Path>,
    /// The libraries that its code names. One that it never names is not linked.
    libraries: Vec<Crate<'a>>,
}

/// Says of each file which processes have it. A library that no binary uses is one by itself.
pub(super) fn assign(packages: &mut [Package]) {
    let mut found: BTreeMap<(usize, PathBuf), Vec<Process>> = BTreeMap::new();
    let mut used: BTreeSet<Crate<'_>> = BTreeSet::new();
    let mut count = 0;
    let parts = parts(packages);
    let mut add = |process: Process, crates: &[Crate<'_>]| {
        for linked in crates {
            for path in parts.get(linked).into_iter().flat_map(|it| &it.files) {
                let processes = found.entry((linked.0, path.to_path_buf())).or_default();
                processes.push(process);
                processes.dedup();
            }
        }
    };
    for (index, package) in packages.iter().enumerate() {
        for binary in &package.crates.binaries {
            let crates = linked(&parts, (index, binary));
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
            add(Process::Library(count), &linked(&parts, (index, root)));
        }
    }
    for (index, package) in packages.iter_mut().enumerate() {
        for file in &mut package.files {
            let processes = found.remove(&(index, file.path.clone()));
            file.processes = processes.unwrap_or_default();
        }
    }
}

/// Every crate. Its files are searched once, however many binaries use it.
fn parts(packages: &[Package]) -> BTreeMap<Crate<'_>, Parts<'_>> {
    let mut found = BTreeMap::new();
    for (index, package) in packages.iter().enumerate() {
        let files = package.files.iter();
        let files: BTreeMap<_, _> = files.map(|file| (file.path.as_path(), file)).collect();
        for root in package.crates.roots() {
            let tree = tree(&files, root);
            let texts = tree.iter().filter_map(|path| files.get(path));
            let texts: Vec<_> = texts.map(|file| &*file.text.text).collect();
            let parts = Parts {
                libraries: libraries(packages, index, &texts),
                files: tree,
            };
            found.insert((index, root), parts);
        }
    }
    found
}

/// The libraries that some code of a package names.
fn libraries<'a>(packages: &'a [Package], package: usize, texts: &[&str]) -> Vec<Crate<'a>> {
    let is_named = |name: &str| texts.iter().any(|text| names(text, name));
    let dependencies = &packages[package].crates.dependencies;
    let each = packages.iter().enumerate().filter_map(|(index, other)| {
        let (library, name) = other.crates.library.as_ref()?;
        let is_used = if index == package {
            is_named(name)
        } else {
            let of_it = dependencies.iter();
            let mut of_it = of_it.filter(|(_, package)| **package == other.crates.package);
            // A dependency that is not renamed has the name of its library.
            of_it.any(|(key, _)| is_named(key) || is_named(name))
        };
        is_used.then_some((index, library.as_path()))
    });
    each.collect()
}

/// A crate and the libraries that it uses, directly or not.
fn linked<'a>(parts: &BTreeMap<Crate<'a>, Parts<'a>>, first: Crate<'a>) -> Vec<Crate<'a>> {
    let mut found = vec![first];
    let mut next = 0;
    while let Some(here) = found.get(next) {
        next += 1;
        for library in parts.get(here).into_iter().flat_map(|it| &it.libraries) {
            if !found.contains(library) {
                found.push(*library);
            }
        }
    }
    found
}

/// The paths of a crate's files.
fn tree<'a>(files: &BTreeMap<&'a Path, &'a ScannedFile>, root: &'a Path) -> BTreeSet<&'a Path> {
    let mut found = BTreeSet::from([root]);
    let mut waiting = vec![root];
    while let Some(path) = waiting.pop() {
        let modules = files.get(path).map(|file| file.modules.iter());
        for module in modules.into_iter().flatten() {
            if found.insert(module) {
                waiting.push(module);
            }
        }
    }
    found
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

//! Which packages belong to a project: cargo's own answer where there is a manifest, and whatever lies below
//! where there is none.

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    path::{Component, Path, PathBuf},
};

use glob::{MatchOptions, Pattern};
use toml_edit::{DocumentMut, Item};

use super::Texts;
use crate::project::{SYSTEM_FILE, shown};

/// Packages deeper than this below a project belong to something else.
const MAX_DEPTH: usize = 6;
/// The tables whose `path` makes a package a member of a workspace around it.
const DEPENDENCIES: [&str; 3] = ["dependencies", "dev-dependencies", "build-dependencies"];
/// What `cargo vendor` leaves beside each manifest.
const VENDORED: &str = ".cargo-checksum.json";

/// The manifests of a project's packages.
pub(super) struct Members<'a> {
    base: &'a Path,
    texts: &'a dyn Texts,
    /// Each package's directory, and its manifest.
    pub(super) manifests: BTreeMap<PathBuf, DocumentMut>,
    /// The manifests that are none, and why.
    pub(super) unread: Vec<String>,
    /// The directories that are too far below to be looked at.
    pub(super) too_deep: Vec<PathBuf>,
    /// The directories that were looked at already.
    seen: BTreeSet<PathBuf>,
}

impl<'a> Members<'a> {
    /// The packages of the project in `directory`.
    ///
    /// # Errors
    ///
    /// If a directory or a manifest cannot be read.
    pub(super) fn of(directory: &Path, base: &'a Path, texts: &'a dyn Texts) -> io::Result<Self> {
        let mut members = Self {
            base,
            texts,
            manifests: BTreeMap::new(),
            unread: Vec::new(),
            too_deep: Vec::new(),
            seen: BTreeSet::new(),
        };
        members.below(directory, MAX_DEPTH)?;
        Ok(members)
    }

    /// A manifest answers for everything below it.
    fn below(&mut self, directory: &Path, depth: usize) -> io::Result<()> {
        if self.texts.is_file(&directory.join("Cargo.toml")) {
            return self.of_manifest(directory);
        }
        for path in self.texts.directories(directory)? {
            match depth.checked_sub(1) {
                _ if self.is_something_else(&path) => {}
                Some(depth) => self.below(&path, depth)?,
                None => self.too_deep.push(path),
            }
        }
        Ok(())
    }

    /// A directory below with a `slingshot.toml` is a project of its own.
    fn is_something_else(&self, path: &Path) -> bool {
        let name = path.file_name().unwrap_or_default();
        name == "target"
            || name.to_string_lossy().starts_with('.')
            || self.texts.is_file(&path.join(SYSTEM_FILE))
            || self.texts.is_file(&path.join(VENDORED))
    }

    fn of_manifest(&mut self, root: &Path) -> io::Result<()> {
        let Some(manifest) = self.manifest(root)? else {
            return Ok(());
        };
        let mut waiting = paths(root, &manifest);
        let mut excluded = Vec::new();
        if let Some((around, manifest)) = self.workspace(root, &manifest) {
            let workspace = manifest.get("workspace");
            excluded.extend(words(workspace, "exclude").map(|path| joined(&around, path)));
            for member in words(workspace, "members") {
                waiting.extend(self.matching(&around, member));
            }
            let shared = workspace.and_then(|it| it.get("dependencies"));
            waiting.extend(shared.into_iter().flat_map(|it| paths_in(&around, it)));
        }
        self.seen.insert(root.to_owned());
        self.add(root, manifest);
        while let Some(directory) = waiting.pop() {
            let is_ours = directory.starts_with(root)
                && !excluded.iter().any(|path| directory.starts_with(path))
                && !self.is_something_else(&directory)
                && self.texts.is_file(&directory.join("Cargo.toml"));
            if is_ours
                && self.seen.insert(directory.clone())
                && let Some(manifest) = self.manifest(&directory)?
            {
                waiting.extend(paths(&directory, &manifest));
                self.add(&directory, manifest);
            }
        }
        Ok(())
    }

    /// The workspace that a manifest declares, or else the nearest one around it.
    fn workspace(&self, root: &Path, manifest: &DocumentMut) -> Option<(PathBuf, DocumentMut)> {
        let declares = |manifest: &DocumentMut| manifest.contains_key("workspace");
        if declares(manifest) {
            return Some((root.to_owned(), manifest.clone()));
        }
        root.ancestors().skip(1).find_map(|directory| {
            let path = directory.join("Cargo.toml");
            let is_there = self.texts.is_file(&path);
            let text = is_there.then(|| self.texts.text(&path).ok()).flatten()?;
            let manifest = text.parse().ok().filter(declares)?;
            Some((directory.to_owned(), manifest))
        })
    }

    fn add(&mut self, directory: &Path, manifest: DocumentMut) {
        if manifest.contains_key("package") {
            self.manifests.insert(directory.to_owned(), manifest);
        }
    }

    /// A manifest that is none, a template's for instance, is said and left out.
    fn manifest(&mut self, directory: &Path) -> io::Result<Option<DocumentMut>> {
        let path = directory.join("Cargo.toml");
        let parsed = match self.texts.text(&path) {
            Ok(text) => text
                .parse::<DocumentMut>()
                .map_err(|error| error.to_string()),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => Err(error.to_string()),
            Err(error) => return Err(error),
        };
        match parsed {
            Ok(manifest) => Ok(Some(manifest)),
            Err(error) => {
                // The parser draws the place below its first line; what is wrong stands in the last.
                let error = error.trim().lines().last().unwrap_or_default();
                let shown = shown(&path, self.base);
                self.unread
                    .push(format!("{shown}: no manifest of cargo: {error}"));
                Ok(None)
            }
        }
    }

    /// The directories that a member's pattern stands for.
    fn matching(&self, root: &Path, pattern: &str) -> Vec<PathBuf> {
        const EXACT: MatchOptions = MatchOptions {
            case_sensitive: true,
            require_literal_separator: true,
            require_literal_leading_dot: false,
        };
        let mut found = vec![root.to_owned()];
        for component in Path::new(pattern).components() {
            let part = component.as_os_str().to_string_lossy();
            let pattern = Pattern::new(&part).ok();
            let Some(pattern) = pattern.filter(|_| part.contains(['*', '?', '['])) else {
                found = found.iter().map(|path| joined(path, &part)).collect();
                continue;
            };
            let mut next = Vec::new();
            for path in found {
                if part == "**" {
                    self.everything(&path, MAX_DEPTH, &mut next);
                    continue;
                }
                let inside = self.texts.directories(&path).unwrap_or_default();
                next.extend(inside.into_iter().filter(|path| {
                    let name = path.file_name().unwrap_or_default().to_string_lossy();
                    pattern.matches_with(&name, EXACT)
                }));
            }
            found = next;
        }
        found
    }

    fn everything(&self, path: &Path, depth: usize, found: &mut Vec<PathBuf>) {
        found.push(path.to_owned());
        let inside = (depth > 0)
            .then(|| self.texts.directories(path).ok())
            .flatten();
        for path in inside.into_iter().flatten() {
            if !self.is_something_else(&path) {
                self.everything(&path, depth - 1, found);
            }
        }
    }
}

fn words<'a>(table: Option<&'a Item>, key: &str) -> impl Iterator<Item = &'a str> {
    let array = table.and_then(|it| it.get(key)).and_then(Item::as_array);
    array.into_iter().flatten().filter_map(|it| it.as_str())
}

/// The packages that a manifest's dependencies name by their paths.
fn paths(directory: &Path, manifest: &DocumentMut) -> Vec<PathBuf> {
    let targets = manifest.get("target").and_then(Item::as_table_like);
    let targets = targets.into_iter().flat_map(|it| it.iter());
    let tables = targets.map(|(_, it)| it).chain([manifest.as_item()]);
    let dependencies =
        tables.flat_map(|table| DEPENDENCIES.iter().filter_map(|name| table.get(name)));
    dependencies
        .flat_map(|it| paths_in(directory, it))
        .collect()
}

fn paths_in(directory: &Path, dependencies: &Item) -> Vec<PathBuf> {
    let dependencies = dependencies.as_table_like();
    let each = dependencies.into_iter().flat_map(|it| it.iter());
    each.filter_map(|(_, it)| Some(joined(directory, it.get("path")?.as_str()?)))
        .collect()
}

/// A path without `.` and `..`, so that one directory has one name.
fn joined(directory: &Path, path: &str) -> PathBuf {
    let mut joined = directory.to_owned();
    for component in Path::new(path).components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                joined.pop();
            }
            other => joined.push(other),
        }
    }
    joined
}

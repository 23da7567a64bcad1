//! What binaries say about themselves, in files: for services whose sources are elsewhere.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use slingshot_topology::{Code, Diagnostic, Spanned, System, read_manifest};

use super::declared::read;
use crate::{
    exit::{Exit, Failure},
    project::shown,
};

/// Stands for any part of a name.
const WILDCARD: char = '*';

/// Manifests, read.
#[derive(Debug, Default)]
pub(super) struct Manifests {
    pub(super) all: Vec<Code>,
    /// What is wrong with them.
    pub(super) found: Vec<Diagnostic>,
    /// What the system names and is not there.
    pub(super) missing: Vec<Spanned<String>>,
}

impl Manifests {
    /// Those that a system names, from the directory of its file on.
    ///
    /// # Errors
    ///
    /// If one of them cannot be read.
    pub(super) fn of_system(
        system: &System,
        directory: &Path,
        base: &Path,
    ) -> Result<Self, Failure> {
        let mut manifests = Self::default();
        for pattern in &system.manifests {
            let paths = matching(directory, &pattern.value).map_err(|error| {
                Failure::unreadable(format!("cannot read `{}`", pattern.value)).because(error)
            })?;
            if paths.is_empty() {
                manifests.missing.push(pattern.clone());
            }
            for path in paths {
                manifests.add(&path, base)?;
            }
        }
        Ok(manifests)
    }

    /// Those that the command line names; a directory stands for the `.json` files in it.
    ///
    /// # Errors
    ///
    /// If one of them is not there, or cannot be read.
    pub(super) fn named(paths: &[PathBuf], here: &Path) -> Result<Self, Failure> {
        let mut manifests = Self::default();
        for path in paths {
            let path = here.join(path);
            let failed = |error: io::Error| {
                let message = format!("cannot read {}", shown(&path, here));
                Failure::unreadable(message).because(error)
            };
            let files = if path.is_dir() {
                matching(&path, "*.json").map_err(failed)?
            } else if path.exists() {
                vec![path.clone()]
            } else {
                Vec::new()
            };
            if files.is_empty() {
                let message = format!("there is no manifest at {}", shown(&path, here));
                return Err(Failure::new(Exit::NoInput, message)
                    .help("`slingshot describe BINARY > FILE` writes one"));
            }
            for file in files {
                manifests.add(&file, here)?;
            }
        }
        Ok(manifests)
    }

    fn add(&mut self, path: &Path, base: &Path) -> Result<(), Failure> {
        let (code, found) = read_manifest(&read(path, base)?);
        self.all.push(code);
        self.found.extend(found);
        Ok(())
    }
}

/// The files that a pattern of names finds, by path.
fn matching(directory: &Path, pattern: &str) -> io::Result<Vec<PathBuf>> {
    let mut found = vec![directory.to_owned()];
    for part in Path::new(pattern).components() {
        let part = part.as_os_str();
        let Some(pattern) = part.to_str().filter(|part| part.contains(WILDCARD)) else {
            found.iter_mut().for_each(|path| path.push(part));
            continue;
        };
        let mut entries = Vec::new();
        for directory in found.iter().filter(|path| path.is_dir()) {
            for entry in fs::read_dir(directory)? {
                let entry = entry?;
                let name = entry.file_name();
                if name.to_str().is_some_and(|name| matches(name, pattern)) {
                    entries.push(entry.path());
                }
            }
        }
        entries.sort();
        found = entries;
    }
    found.retain(|path| path.is_file());
    Ok(found)
}

/// Each part between wildcards is taken where it comes first: what follows can only gain by that.
fn matches(name: &str, pattern: &str) -> bool {
    let Some((first, rest)) = pattern.split_once(WILDCARD) else {
        return name == pattern;
    };
    let Some(mut name) = name.strip_prefix(first) else {
        return false;
    };
    let mut parts: Vec<_> = rest.split(WILDCARD).collect();
    let last = parts.pop().unwrap_or_default();
    for part in parts {
        let Some((_, after)) = name.split_once(part) else {
            return false;
        };
        name = after;
    }
    name.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wildcard_stands_for_any_part_of_a_name() {
        for (name, pattern, expected) in [
            ("a.json", "*.json", true),
            ("a.json", "a.json", true),
            ("b.json", "a.json", false),
            ("a.toml", "*.json", false),
            (".json", "*.json", true),
            ("aXbXc", "a*b*c", true),
            ("aXbXcX", "a*b*c", false),
            ("ab", "ab*b", false),
            ("abab", "ab*ab", true),
            ("anything", "*", true),
        ] {
            assert_eq!(matches(name, pattern), expected, "{name} {pattern}");
        }
    }

    #[test]
    fn a_pattern_finds_files_through_directories() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path();
        for name in ["a/x.json", "b/x.json", "b/y.toml", "c/x.json/inner"] {
            let file = path.join(name);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, "").unwrap();
        }
        let found = |pattern: &str| -> Vec<String> {
            let found = matching(path, pattern).unwrap().into_iter();
            let found = found.map(|found| found.strip_prefix(path).unwrap().display().to_string());
            found.collect()
        };
        assert_eq!(found("*/x.json"), ["a/x.json", "b/x.json"]);
        assert_eq!(found("b/*"), ["b/x.json", "b/y.toml"]);
        assert_eq!(found("./b/y.toml"), ["b/y.toml"]);
        assert!(found("d/*").is_empty());
    }
}

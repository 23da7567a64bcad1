//! What binaries say about themselves, in files: for services whose sources are elsewhere.

use std::{
    ffi::OsStr,
    io,
    path::{Path, PathBuf},
};

use slingshot_topology::{Code, Diagnostic, SourceFile, Spanned, System, read_manifest};

use crate::{
    exit::{Exit, Failure},
    project::shown,
    sources::Texts,
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
        texts: &dyn Texts,
    ) -> Result<Self, Failure> {
        let mut manifests = Self::default();
        for pattern in &system.manifests {
            let paths = matching(directory, &pattern.value, texts).map_err(|error| {
                Failure::unreadable(format!("cannot read `{}`", pattern.value)).because(error)
            })?;
            if paths.is_empty() {
                manifests.missing.push(pattern.clone());
            }
            for path in paths {
                manifests.add(&path, base, texts)?;
            }
        }
        Ok(manifests)
    }

    /// Those that the command line names; a directory stands for the `.json` files in it.
    ///
    /// # Errors
    ///
    /// If one of them is not there, or cannot be read.
    pub(super) fn named(
        paths: &[PathBuf],
        here: &Path,
        texts: &dyn Texts,
    ) -> Result<Self, Failure> {
        let mut manifests = Self::default();
        for path in paths {
            let path = here.join(path);
            let failed = |error: io::Error| {
                let message = format!("cannot read {}", shown(&path, here));
                Failure::unreadable(message).because(error)
            };
            let files = if path.is_dir() {
                matching(&path, "*.json", texts).map_err(failed)?
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
                manifests.add(&file, here, texts)?;
            }
        }
        Ok(manifests)
    }

    fn add(&mut self, path: &Path, base: &Path, texts: &dyn Texts) -> Result<(), Failure> {
        let shown = shown(path, base).to_string();
        let bytes = texts
            .read(path)
            .map_err(|error| Failure::unreadable(format!("cannot read {shown}")).because(error))?;
        let (code, found) = read_manifest(&SourceFile::decode(shown, bytes));
        self.all.push(code);
        self.found.extend(found);
        Ok(())
    }
}

/// The files that a pattern of names finds, by path.
fn matching(directory: &Path, pattern: &str, texts: &dyn Texts) -> io::Result<Vec<PathBuf>> {
    let mut found = vec![directory.to_owned()];
    for part in Path::new(pattern).components() {
        let part = part.as_os_str();
        let Some(pattern) = part.to_str().filter(|part| part.contains(WILDCARD)) else {
            for path in &mut found {
                path.push(part);
            }
            continue;
        };
        let mut entries = Vec::new();
        for directory in found.iter().filter(|path| path.is_dir()) {
            for path in texts.entries(directory)? {
                let name = path.file_name().and_then(OsStr::to_str);
                if name.is_some_and(|name| matches(name, pattern)) {
                    entries.push(path);
                }
            }
        }
        entries.sort();
        found = entries;
    }
    found.retain(|path| texts.is_file(path));
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
    use std::fs;

    use super::*;
    use crate::sources::Disk;

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
            let found = matching(path, pattern, &Disk).unwrap().into_iter();
            let found = found.map(|found| found.strip_prefix(path).unwrap().display().to_string());
            found.collect()
        };
        assert_eq!(found("*/x.json"), ["a/x.json", "b/x.json"]);
        assert_eq!(found("b/*"), ["b/x.json", "b/y.toml"]);
        assert_eq!(found("./b/y.toml"), ["b/y.toml"]);
        assert!(found("d/*").is_empty());
    }
}

//! Where systems are: projects below a directory, and the answers of a sys-map in one.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use slingshot_topology::{SavedAnswer, SourceFile};

use super::declared::read;
use crate::{exit::Failure, project::SYSTEM_FILE};

/// Projects deeper than this below a directory belong to something else.
const MAX_DEPTH: usize = 6;

/// Directories in which others keep what is not theirs.
const FOREIGN: [&str; 3] = ["target", "node_modules", "vendor"];

/// The answers that are not about a service.
const ENGINES: [&str; 3] = ["rabbitmq", "db", "object-storage"];

/// What lies below a directory.
#[derive(Debug, Default)]
pub(crate) struct Projects {
    /// Every directory that holds a `slingshot.toml`, in the order of their paths.
    pub(crate) all: Vec<PathBuf>,
    /// The directories that are too far below to be looked at.
    pub(crate) too_deep: Vec<PathBuf>,
}

/// # Errors
///
/// If a directory cannot be read.
pub(crate) fn projects_below(directory: &Path) -> Result<Projects, Failure> {
    let mut found = Projects::default();
    find(directory, MAX_DEPTH, &mut found).map_err(|error| unreadable(directory, error))?;
    found.all.sort();
    found.too_deep.sort();
    Ok(found)
}

fn find(directory: &Path, depth: usize, found: &mut Projects) -> io::Result<()> {
    if directory.join(SYSTEM_FILE).is_file() {
        found.all.push(directory.to_owned());
    }
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let name = entry.file_name();
        let is_foreign = FOREIGN.iter().any(|foreign| name == *foreign);
        let is_hidden = name.to_string_lossy().starts_with('.');
        if is_foreign || is_hidden || !entry.file_type()?.is_dir() {
            continue;
        }
        match depth.checked_sub(1) {
            Some(depth) => find(&entry.path(), depth, found)?,
            None => found.too_deep.push(entry.path()),
        }
    }
    Ok(())
}

/// The answers of a sys-map, each in a file under its path: `sniff.json` or `sniff` for a service,
/// `sniff/in` for a bucket. None if nothing in the directory looks like a service's answer or an engine's.
pub(super) fn saved_answers(directory: &Path, base: &Path) -> Result<Vec<SavedAnswer>, Failure> {
    let (directories, files): (Vec<_>, Vec<_>) = entries(directory)?
        .into_iter()
        .partition(|(_, path)| path.is_dir());
    let mut found = Vec::new();
    for (name, path) in files {
        if may_be_an_answer(&name) {
            found.push((name, None, read(&path, base)?));
        }
    }
    // Whatever else lies below some directory is not to be read.
    if answers_among(found.clone()).is_empty() {
        return Ok(Vec::new());
    }
    for (name, path) in directories {
        for (key, path) in entries(&path)? {
            if path.is_file() {
                found.push((name.clone(), Some(key), read(&path, base)?));
            }
        }
    }
    Ok(answers_among(found))
}

/// Whether a file right in a directory of answers is worth a look.
pub(super) fn may_be_an_answer(name: &str) -> bool {
    name.strip_suffix(".json").is_some() || !name.contains('.')
}

/// The answers among files, each under its name, or under a directory's name and its own.
pub(super) fn answers_among(
    files: Vec<(String, Option<String>, Arc<SourceFile>)>,
) -> Vec<SavedAnswer> {
    let mut answers = Vec::new();
    let mut is_sys_map = false;
    for (name, key, file) in files {
        if let Some(key) = key {
            let key = key.strip_suffix(".txt").unwrap_or(&key).to_owned();
            answers.push(SavedAnswer {
                name,
                key: Some(key),
                file,
            });
            continue;
        }
        let text = file.text.trim_start();
        let stem = name.strip_suffix(".json");
        if stem.is_none() && !text.starts_with(['{', '<']) {
            continue;
        }
        let name = stem.unwrap_or(&name).to_owned();
        let names = |field: &str| text.contains(&format!("\"{field}\""));
        is_sys_map |= names("in") && names("out");
        is_sys_map |= text.starts_with('<') || ENGINES.contains(&&*name) && names("host");
        answers.push(SavedAnswer {
            name,
            key: None,
            file,
        });
    }
    if !is_sys_map {
        answers.clear();
    }
    answers
}

/// What a directory holds and does not hide, by name.
fn entries(directory: &Path) -> Result<Vec<(String, PathBuf)>, Failure> {
    let failed = |error| unreadable(directory, error);
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if !name.starts_with('.') {
            found.push((name, entry.path()));
        }
    }
    found.sort();
    Ok(found)
}

fn unreadable(directory: &Path, error: io::Error) -> Failure {
    Failure::unreadable(format!("cannot read {}", directory.display())).because(error)
}

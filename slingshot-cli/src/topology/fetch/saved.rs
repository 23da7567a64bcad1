//! Answers on disk. At no moment is half of one under its name.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use slingshot_topology::SavedAnswer;

use crate::{
    exit::Failure,
    project::shown,
    topology::{places::saved_answers, written},
};

/// Writes each answer to a file of its own, and takes away those of an earlier day that are not served any more.
pub(super) fn write_all(
    directory: &Path,
    answers: &[SavedAnswer],
    base: &Path,
) -> Result<(), Failure> {
    let cannot = |path: &Path| {
        let message = format!("cannot write {}", shown(path, base));
        move |error: std::io::Error| Failure::unreadable(message).because(error)
    };
    let old = if directory.is_dir() {
        saved_answers(directory, base)?
    } else {
        Vec::new()
    };
    let mut written = BTreeSet::new();
    for answer in answers {
        let path = place(directory, &answer.name, answer.key.as_deref());
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(cannot(parent))?;
        }
        write(&path, &answer.file.text, base)?;
        written.insert(path);
    }
    // What else lies in directories of other names is nobody's answer.
    let services = old.iter().filter(|answer| answer.key.is_none());
    let services: BTreeSet<_> = services.map(|answer| answer.name.clone()).collect();
    for answer in old {
        let path = base.join(&answer.file.path);
        if services.contains(&answer.name) && !written.contains(&path) {
            fs::remove_file(&path).map_err(cannot(&path))?;
        }
    }
    Ok(())
}

fn place(directory: &Path, name: &str, key: Option<&str>) -> PathBuf {
    match key {
        Some(key) => directory.join(name).join(key),
        None => directory.join(format!("{name}.json")),
    }
}

/// Writes a file at once.
pub(super) fn write(path: &Path, text: &str, base: &Path) -> Result<(), Failure> {
    written::replace(path, text).map_err(|error| {
        Failure::unreadable(format!("cannot write {}", shown(path, base))).because(error)
    })
}

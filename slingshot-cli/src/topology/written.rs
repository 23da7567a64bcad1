//! Files that are there as a whole, or as they were.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::exit::Failure;

/// Writes a file under another name, and gives it its own when it is all there. It keeps the permissions of the
/// file that it takes the place of.
pub(super) fn replace(path: &Path, text: &str) -> io::Result<()> {
    // Whoever is behind a link keeps the link.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    // A terminal or `/dev/null` is written to, and never replaced.
    if path.exists() && !path.is_file() {
        return fs::write(&path, text);
    }
    let part = part_of(&path);
    let written = fs::write(&part, text).and_then(|()| {
        if let Ok(old) = fs::metadata(&path) {
            fs::set_permissions(&part, old.permissions())?;
        }
        fs::rename(&part, &path)
    });
    if written.is_err() {
        fs::remove_file(&part).ok();
    }
    written
}

/// Refuses to write where something is read from.
///
/// # Errors
///
/// If the file that is to be written is one of the inputs.
pub(super) fn keep_inputs<'i>(
    output: &Path,
    here: &Path,
    mut inputs: impl Iterator<Item = &'i Path>,
) -> Result<(), Failure> {
    let file = |path: &Path| fs::canonicalize(here.join(path)).ok();
    let Some(written) = file(output).filter(|path| path.is_file()) else {
        return Ok(());
    };
    if !inputs.any(|input| file(input).as_ref() == Some(&written)) {
        return Ok(());
    }
    let message = format!("{} is read, and would be overwritten", output.display());
    Err(Failure::usage(message).help("name another file"))
}

fn part_of(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".part");
    path.with_file_name(name)
}

//! Which processes a process has started.

use std::{fs, io};

/// The children of a process that run now: none of one that is gone.
pub(super) fn of(id: u32) -> io::Result<Vec<u32>> {
    let ids = fs::read_dir("/proc")?
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    Ok(ids.filter(|child| parent(*child) == Some(id)).collect())
}

/// The parent of a process, if it runs. Its name, in parentheses, may hold anything.
fn parent(id: u32) -> Option<u32> {
    let status = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    let (_, after_name) = status.rsplit_once(')')?;
    let mut fields = after_name.split_whitespace();
    let state = fields.next()?;
    (state != "Z").then(|| fields.next()?.parse().ok())?
}

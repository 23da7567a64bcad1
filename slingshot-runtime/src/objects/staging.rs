//! Where written objects wait for their upload.

use std::{
    fs::{self, File},
    io,
    path::Path,
};

use tempfile::TempDir;

/// A service's own place for staged files. What a killed service left behind is removed when the next one
/// starts.
#[derive(Debug)]
pub(crate) struct Staging {
    run: TempDir,
    /// Held for as long as the place is in use: this is how the next service knows a dead one's.
    _lock: File,
}

const LOCK: &str = "lock";

impl Staging {
    /// Makes a place under `base/service`, after sweeping what dead processes left there.
    pub(crate) fn open(base: &Path, service: &str) -> io::Result<Self> {
        let services = base.join(service);
        fs::create_dir_all(&services)?;
        // One at a time, so that nobody sweeps a place between its making and its locking.
        let sweeping = File::create(services.join(LOCK))?;
        sweeping.lock()?;
        sweep(&services)?;
        let run = tempfile::Builder::new()
            .prefix("run-")
            .tempdir_in(&services)?;
        let lock = File::create(run.path().join(LOCK))?;
        lock.lock()?;
        Ok(Self { run, _lock: lock })
    }

    /// Removes the place at the service's end, though a worker may still know of it.
    pub(crate) fn remove(&self) {
        if let Err(error) = fs::remove_dir_all(self.run.path()) {
            tracing::warn!(%error, "staged files were left behind; the next start removes them");
        }
    }

    /// A fresh directory for one message's files.
    pub(crate) fn directory(&self) -> io::Result<TempDir> {
        tempfile::Builder::new().tempdir_in(self.run.path())
    }
}

fn sweep(services: &Path) -> io::Result<()> {
    for entry in fs::read_dir(services)? {
        let place = entry?.path();
        if !place.is_dir() {
            continue;
        }
        // Whoever made the place held the sweeping lock until it was locked: no lock file, no owner.
        let abandoned = match File::open(place.join(LOCK)) {
            Ok(lock) => lock.try_lock().is_ok(),
            Err(_) => true,
        };
        if abandoned {
            tracing::info!(place = %place.display(), "removing what a killed service left behind");
            fs::remove_dir_all(&place)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dead_service_is_swept_and_a_living_one_is_not() {
        let base = tempfile::tempdir().unwrap();
        let dead = base.path().join("sniff/run-dead");
        fs::create_dir_all(dead.join("message")).unwrap();
        fs::write(dead.join("message/0"), "left").unwrap();

        let living = Staging::open(base.path(), "sniff").unwrap();
        assert!(!dead.exists());

        let message = living.directory().unwrap();
        let _another = Staging::open(base.path(), "sniff").unwrap();
        assert!(message.path().exists());
    }

    #[test]
    fn an_orderly_end_leaves_nothing() {
        let base = tempfile::tempdir().unwrap();
        let staging = Staging::open(base.path(), "sniff").unwrap();
        staging.remove();
        let left: Vec<_> = fs::read_dir(base.path().join("sniff"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        assert_eq!(left, ["lock"]);
    }
}

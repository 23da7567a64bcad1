//! Where written objects wait for their upload.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::ObjectError;

/// Up to here a written file stays in memory: most objects are small, and a file on the disk is made,
/// written, read and removed.
pub(super) const SMALL: usize = 256 * 1024;

/// How many written files may be in memory. One more goes to the disk at once.
const MOST_IN_MEMORY: usize = 64;

/// A service's own place for staged files. They have no names, so that nothing is left of them whatever
/// becomes of the process.
#[derive(Debug)]
pub(crate) struct Staging {
    place: PathBuf,
    in_memory: Arc<Semaphore>,
}

impl Staging {
    /// Makes a place under `base/service`.
    pub(crate) fn open(base: &Path, service: &str) -> io::Result<Self> {
        let place = base.join(service);
        fs::create_dir_all(&place)?;
        // A place that takes no files is better met now than by the first message.
        tempfile::tempfile_in(&place)?;
        Ok(Self {
            place,
            in_memory: Arc::new(Semaphore::new(MOST_IN_MEMORY)),
        })
    }

    /// Room for one file in memory, if there is any.
    pub(super) fn memory(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.in_memory).try_acquire_owned().ok()
    }

    /// A file on the disk, gone with its last handle.
    pub(super) fn file(&self) -> io::Result<File> {
        tempfile::tempfile_in(&self.place).map_err(|error| self.explained(error))
    }

    /// A full disk is said to be one, and where it is.
    pub(super) fn explained(&self, error: io::Error) -> io::Error {
        match error.kind() {
            kind @ (io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) => {
                let place = self.place.clone();
                io::Error::new(kind, ObjectError::DiskFull { place })
            }
            _ => error,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn a_staged_file_has_no_name_that_a_killed_service_could_leave_behind() {
        let base = tempfile::tempdir().unwrap();
        let staging = Staging::open(base.path(), "sniff").unwrap();
        staging.file().unwrap().write_all(b"staged").unwrap();
        let names = fs::read_dir(base.path().join("sniff")).unwrap();
        assert_eq!(names.count(), 0);
    }

    #[test]
    fn a_full_disk_says_where_and_what_to_do() {
        let base = tempfile::tempdir().unwrap();
        let staging = Staging::open(base.path(), "sniff").unwrap();
        let full = staging.explained(io::ErrorKind::StorageFull.into());
        assert!(ObjectError::of(&full).is_some_and(ObjectError::is_outage));
        assert_eq!(
            full.to_string(),
            format!(
                "the disk is full under `{}`, where written files wait for their upload: make room there, \
                 or set SLINGSHOT_STAGING to a larger place",
                base.path().join("sniff").display()
            )
        );
    }
}

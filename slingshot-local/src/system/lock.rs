//! One `slingshot run` per project.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{Read as _, Write as _},
    path::Path,
};

use super::LocalError;

/// The project's directory is ours while this lives. The system lets go of it with the process,
/// however that ends.
#[derive(Debug)]
pub(super) struct Lock(File);

/// Closing the file is not enough: a process that is just being started holds a copy of it until its
/// program runs, and the lock with it.
impl Drop for Lock {
    fn drop(&mut self) {
        // The lock goes with the process at the latest.
        self.0.unlock().ok();
    }
}

impl Lock {
    /// Makes the directory if need be and takes it.
    pub(super) fn take(directory: &Path) -> Result<Self, LocalError> {
        let path = directory.join("lock");
        let failed = |source| LocalError::directory(&path, source);
        fs::create_dir_all(directory).map_err(|source| LocalError::directory(directory, source))?;
        // Nothing in here is for version control.
        fs::write(directory.join(".gitignore"), "*\n").map_err(failed)?;
        let mut file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(&path)
            .map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                file.read_to_string(&mut holder).map_err(failed)?;
                return Err(LocalError::InUse {
                    directory: directory.to_owned(),
                    process: holder.trim().parse().ok(),
                });
            }
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
        file.set_len(0).map_err(failed)?;
        writeln!(file, "{}", std::process::id()).map_err(failed)?;
        Ok(Self(file))
    }
}

//! The secrets of the embedded system: random, made once, readable by their owner only.

use std::{
    fs::{self, DirBuilder, File},
    io::{self, Read as _},
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
};

use slingshot_topology::SecretReference;

use super::LocalError;
use crate::{Secret, hex, private_file};

/// 192 bits, 48 hexadecimal digits: letters and digits pass through every URL and every shell.
const BYTES: usize = 24;

/// `.slingshot/secrets`.
#[derive(Debug)]
pub(super) struct Secrets {
    directory: PathBuf,
}

/// A secret, and how the sys-map refers to it.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    pub(super) secret: Secret,
    pub(super) reference: SecretReference,
}

impl Secrets {
    pub(super) fn open(project: &Path) -> Result<Self, LocalError> {
        let directory = project.join("secrets");
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&directory)
            .map_err(|source| LocalError::directory(&directory, source))?;
        Ok(Self { directory })
    }

    /// The secret of this name, made now if it was not there.
    pub(super) fn keep(&self, name: &str) -> Result<Kept, LocalError> {
        let path = self.directory.join(name);
        let secret = read_or_make(&path).map_err(|source| LocalError::directory(&path, source))?;
        Ok(Kept {
            secret,
            reference: SecretReference::File(path.display().to_string()),
        })
    }
}

fn read_or_make(path: &Path) -> io::Result<Secret> {
    match fs::read_to_string(path) {
        Ok(text) if !text.trim().is_empty() => return Ok(Secret::new(text.trim())),
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut random = [0; BYTES];
    File::open("/dev/urandom")?.read_exact(&mut random)?;
    let text: String = hex::encode(&random);
    private_file::write(path, &text)?;
    Ok(Secret::new(text))
}

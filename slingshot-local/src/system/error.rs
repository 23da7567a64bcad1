//! Why the embedded system does not start.

use std::{
    io,
    path::{Path, PathBuf},
};

use thiserror::Error;

use crate::{
    broker::BrokerError, database::DatabaseError, objects::ObjectStoreError, sys_map::SysMapError,
};

/// An embedded system that does not start.
#[derive(Debug, Error)]
pub enum LocalError {
    /// Two runs in one project would share every file.
    #[error(
        "another `slingshot run`{} uses `{}`; stop it, or work in another directory",
        .process.map(|id| format!(" (process {id})")).unwrap_or_default(),
        .directory.display()
    )]
    InUse {
        /// The project's `.slingshot` directory.
        directory: PathBuf,
        /// The other run.
        process: Option<u32>,
    },
    /// A file or directory cannot be used.
    #[error("`{}` cannot be used: {source}", .path.display())]
    Directory {
        /// The file or directory.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The broker.
    #[error("the embedded broker: {0}")]
    Broker(#[from] BrokerError),
    /// The object store.
    #[error("the embedded object store: {0}")]
    Objects(#[from] ObjectStoreError),
    /// The database.
    #[error("the embedded database: {0}")]
    Database(#[from] DatabaseError),
    /// The sys-map.
    #[error(transparent)]
    SysMap(#[from] SysMapError),
}

impl LocalError {
    pub(super) fn directory(path: &Path, source: io::Error) -> Self {
        Self::Directory {
            path: path.to_owned(),
            source,
        }
    }
}

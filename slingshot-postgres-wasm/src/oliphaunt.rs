//! `PostgreSQL` itself: the wasm build of `oliphaunt-wasix`. The only file that names that crate.

use std::path::Path;

use oliphaunt_wasix::{DatabaseStorage, Oliphaunt as Backend};

use crate::engine::{Engine, EngineError};

/// The role and the database that every cluster has.
const INITIAL: &str = "postgres";

/// `PostgreSQL` as wasm, with its cluster in a directory.
pub struct Oliphaunt(Backend);

impl std::fmt::Debug for Oliphaunt {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Oliphaunt").finish_non_exhaustive()
    }
}

impl Oliphaunt {
    /// Opens the cluster in `directory` as `user` in `database`; whichever of the three is missing is
    /// made first.
    ///
    /// # Errors
    /// Where the directory is in use or not a cluster of this version, or cannot be written.
    pub fn open(directory: &Path, user: &str, database: &str) -> Result<Self, EngineError> {
        match open(directory, user, database) {
            Err(_) if (user, database) != (INITIAL, INITIAL) => {
                create(directory, user, database).map_err(EngineError::start)?;
                open(directory, user, database)
            }
            opened => opened,
        }
        .map(Self)
        .map_err(EngineError::start)
    }
}

fn open(directory: &Path, user: &str, database: &str) -> oliphaunt_wasix::Result<Backend> {
    Backend::builder()
        .storage(DatabaseStorage::Directory(directory.to_owned()))
        .username(user)
        .database(database)
        .open()
}

fn create(directory: &Path, user: &str, database: &str) -> oliphaunt_wasix::Result<()> {
    let mut backend = open(directory, INITIAL, INITIAL)?;
    let (role, owned) = (quoted(user), quoted(database));
    let roles = "SELECT FROM pg_roles WHERE rolname = $1";
    if backend.query_with_params(roles, [user])?.rows().is_empty() {
        backend.execute(&format!("CREATE ROLE {role} SUPERUSER LOGIN"))?;
    }
    let databases = "SELECT FROM pg_database WHERE datname = $1";
    if backend
        .query_with_params(databases, [database])?
        .rows()
        .is_empty()
    {
        backend.execute(&format!("CREATE DATABASE {owned} OWNER {role}"))?;
    }
    backend.close()
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

impl Engine for Oliphaunt {
    fn exchange(&mut self, request: &[u8]) -> Result<Vec<u8>, EngineError> {
        self.0.exec_protocol_raw(request).map_err(EngineError::work)
    }

    fn close(&mut self) -> Result<(), EngineError> {
        self.0.close().map_err(EngineError::close)
    }
}

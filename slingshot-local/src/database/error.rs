//! Why a database does not start.

use std::{io, path::PathBuf, time::Duration};

use thiserror::Error;

use super::{binaries::Tried, place::PlaceError};

/// A database that does not start.
#[derive(Debug, Error)]
pub enum DatabaseError {
    /// No PostgreSQL on this machine.
    #[error("no PostgreSQL was found:\n{}", list(tried))]
    NoPostgres {
        /// Where it was looked for, and what was there.
        tried: Vec<Tried>,
    },
    /// The cluster was made by another major version than the one that was found.
    #[error(
        "the database in `{}` was made by PostgreSQL {made_by}, and only PostgreSQL {found} was found; \
         install {made_by}, or start empty with `--fresh`",
        .directory.display()
    )]
    OtherVersion {
        /// Where the cluster is.
        directory: PathBuf,
        /// The major version that made it.
        made_by: String,
        /// The major version at hand.
        found: u32,
    },
    /// There is no place for the cluster.
    #[error(transparent)]
    Place(#[from] PlaceError),
    /// A file or directory cannot be used.
    #[error("`{}` cannot be used: {source}", .path.display())]
    File {
        /// The file or directory.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// No port can be had on loopback.
    #[error("no free port on 127.0.0.1: {0}")]
    Port(io::Error),
    /// The port was free a moment ago. Tried again with another one a few times.
    #[error("every port that was free was taken by another program before PostgreSQL could use it")]
    PortTaken,
    /// A program does not start.
    #[error("`{}` does not start: {source}", .program.display())]
    Program {
        /// The program.
        program: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A step of making or starting the cluster failed.
    #[error("{step} failed; the end of `{}`:\n{tail}", .log.display())]
    Step {
        /// What was being done.
        step: &'static str,
        /// The whole story.
        log: PathBuf,
        /// The end of it.
        tail: String,
    },
    /// The server is up and does not accept connections.
    #[error("PostgreSQL did not accept connections within {after:?}; `{}` has its words", .log.display())]
    NotReady {
        /// How long we waited.
        after: Duration,
        /// The whole story.
        log: PathBuf,
    },
    /// Another server runs on the same files and does not stop.
    #[error("the PostgreSQL of an earlier run (process {pid}) still uses `{}`; stop it", .directory.display())]
    StillRunning {
        /// The other server.
        pid: i32,
        /// The cluster.
        directory: PathBuf,
    },
}

fn list(tried: &[Tried]) -> String {
    let lines: Vec<_> = tried.iter().map(|tried| format!("  {tried}")).collect();
    lines.join(
        "
",
    )
}

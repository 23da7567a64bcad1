//! The embedded database: a private PostgreSQL cluster in the project's directory.
//!
//! Real PostgreSQL where the machine has one, PostgreSQL as WebAssembly where it has not. The cluster
//! listens on loopback only, has one role with a password, and ends with the process that started it.
//! It is for development: one machine, small buffers, no backups. `fsync` stays on, because the
//! promise that no message is lost is worth more than the milliseconds of a commit.

mod binaries;
mod cluster;
mod error;
mod lock_file;
mod place;
mod process;
mod webassembly;

use std::{
    net::{Ipv4Addr, TcpListener},
    path::PathBuf,
    time::Duration,
};

use self::{
    binaries::Found,
    cluster::Cluster,
    process::{Log, Process},
};
pub use self::{
    binaries::Tried,
    error::DatabaseError,
    place::{Place, PlaceError},
};
use crate::{Environment, Secret};

/// The role and the database that every embedded cluster has.
const NAME: &str = "slingshot";

/// A port can be taken between the moment we learn that it is free and the moment we use it.
const PORT_ATTEMPTS: usize = 3;

/// How long a cluster may take to accept connections; recovery after a crash is part of it.
const READY: Duration = Duration::from_secs(30);

/// Which database to run, and where.
#[derive(Clone, Debug)]
pub struct DatabaseConfig {
    /// The project's `.slingshot` directory.
    pub directory: PathBuf,
    /// The password of the role; a changed one is set before the start.
    pub password: Secret,
    /// The program `slingshot-postgres`, PostgreSQL as WebAssembly, if it has been built. It is used
    /// when no other PostgreSQL is found.
    pub webassembly: Option<PathBuf>,
    /// Where programs are looked for.
    pub environment: Environment,
}

/// How to reach the database.
#[derive(Clone, Debug)]
pub struct DatabaseEndpoint {
    /// Always loopback.
    pub host: Ipv4Addr,
    /// The port of this run.
    pub port: u16,
    /// The role, which owns the database.
    pub username: String,
    /// The database's name.
    pub database: String,
    /// The role's password.
    pub password: Secret,
}

/// A running database.
#[derive(Debug)]
pub struct Database {
    process: Process,
    endpoint: DatabaseEndpoint,
    origin: String,
}

impl Database {
    /// Finds a PostgreSQL, makes the cluster if there is none, and waits until it accepts connections.
    ///
    /// # Errors
    ///
    /// [`DatabaseError::NoPostgres`] lists what was looked for; the other variants say which step
    /// failed and end with what PostgreSQL said.
    pub async fn start(config: DatabaseConfig) -> Result<Self, DatabaseError> {
        let mut place = Place::of(&config.directory)?;
        let found = binaries::find(&config, &place).await?;
        if let Found::WebAssembly(_) = found {
            place = Place::of_this_user(&config.directory)?;
        }
        place.prepare(&config.directory)?;
        let log = Log::open(&config.directory)?;
        if let Found::Binaries(binaries) = &found {
            let cluster = Cluster::new(&place, binaries);
            cluster.make(&config.password, &log).await?;
            lock_file::settle(&cluster.data()).await?;
        }
        let mut attempt = 1;
        loop {
            match Self::launch(&config, &place, &found, &log).await {
                Err(DatabaseError::PortTaken) if attempt < PORT_ATTEMPTS => attempt += 1,
                launched => return launched,
            }
        }
    }

    async fn launch(
        config: &DatabaseConfig,
        place: &Place,
        found: &Found,
        log: &Log,
    ) -> Result<Self, DatabaseError> {
        let port = free_port()?;
        let process = match found {
            Found::Binaries(binaries) => Cluster::new(place, binaries).serve(port, log).await?,
            Found::WebAssembly(program) => {
                webassembly::serve(program, place, port, &config.password, log).await?
            }
        };
        Ok(Self {
            process,
            endpoint: DatabaseEndpoint {
                host: Ipv4Addr::LOCALHOST,
                port,
                username: NAME.to_owned(),
                database: NAME.to_owned(),
                password: config.password.clone(),
            },
            origin: found.to_string(),
        })
    }

    /// How to reach it.
    pub fn endpoint(&self) -> &DatabaseEndpoint {
        &self.endpoint
    }

    /// The process that watches over the server and ends with it.
    pub fn pid(&self) -> Option<u32> {
        self.process.pid()
    }

    /// Which PostgreSQL it is, for people.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Ends every session, writes everything down and stops.
    pub async fn shutdown(self) {
        self.process.shutdown().await;
    }
}

fn free_port() -> Result<u16, DatabaseError> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(DatabaseError::Port)?;
    let address = listener.local_addr().map_err(DatabaseError::Port)?;
    Ok(address.port())
}

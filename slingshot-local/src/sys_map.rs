//! The sys-map server: what services ask for their queues, routes, buckets and engines.
//!
//! `slingshot sys-map serve` and `slingshot run` are this server. What a path answers is decided in
//! [`System::answer`]; here is HTTP around it, and the file that it comes from, which is read again
//! when it changes. An edit that breaks the file changes nothing until it is mended.

mod answer;
mod file;
mod guard;
mod listener;
mod tls;

use std::{net::SocketAddr, path::PathBuf, sync::Arc};

use axum::{Router, middleware, routing::get};
use slingshot_topology::{
    Diagnostic, System,
    sys_map::{Database, ObjectStorage, RabbitMq},
};
use thiserror::Error;
use tokio::{sync::watch, task::JoinHandle};

use self::{file::Watched, listener::Listener};
pub use self::{
    guard::Guard,
    tls::{TlsError, TlsFiles},
};
use crate::Secret;

/// Where the map comes from.
#[derive(Clone, Debug)]
pub enum SysMapSource {
    /// A `slingshot.toml`, or a sys-map in one JSON file (`.json`), read again when it changes.
    File(PathBuf),
    /// A system that does not change.
    System(Box<System>),
}

/// The engines to answer where the map names none.
#[derive(Clone, Debug, Default)]
pub struct Engines {
    /// The broker.
    pub rabbitmq: Option<RabbitMq>,
    /// The database.
    pub database: Option<Database>,
    /// The object store.
    pub object_storage: Option<ObjectStorage>,
}

/// What to serve, and where.
#[derive(Clone, Debug)]
pub struct SysMapConfig {
    /// The address to listen on; port 0 takes a free one.
    pub address: SocketAddr,
    /// Where the map comes from.
    pub source: SysMapSource,
    /// What completes it.
    pub engines: Engines,
}

/// A sys-map that cannot be served.
#[derive(Debug, Error)]
pub enum SysMapError {
    /// The file cannot be read.
    #[error("the sys-map `{}` cannot be read: {source}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The file has errors.
    #[error("the sys-map `{}` has errors: {}", .path.display(), file::first(findings))]
    Broken {
        /// The file.
        path: PathBuf,
        /// All that was found, errors and the rest.
        findings: Vec<Diagnostic>,
    },
    /// The certificate or its key cannot be used.
    #[error("TLS: {0}")]
    Tls(#[from] TlsError),
    /// Everybody could ask.
    #[error(
        "the sys-map would be open to everybody who reaches {address}: a token or TLS is asked for beyond \
         loopback"
    )]
    Exposed {
        /// The address asked for.
        address: SocketAddr,
    },
    /// The address cannot be listened on.
    #[error("the sys-map cannot listen on {address}: {source}")]
    Listen {
        /// The address asked for.
        address: SocketAddr,
        /// What the system says.
        source: std::io::Error,
    },
}

/// A running sys-map server.
#[derive(Debug)]
pub struct SysMapServer {
    listener: Listener,
    encrypted: bool,
    system: watch::Receiver<Arc<System>>,
    reloads: Vec<JoinHandle<()>>,
}

impl SysMapServer {
    /// Reads the map and starts to answer everybody, which loopback alone may do.
    ///
    /// # Errors
    ///
    /// [`SysMapError`] when the file cannot be read or has errors, or the address is taken.
    pub async fn start(config: SysMapConfig) -> Result<Self, SysMapError> {
        Self::start_guarded(config, Guard::default()).await
    }

    /// Reads the map and starts to answer whom `guard` lets pass.
    ///
    /// # Errors
    ///
    /// [`SysMapError`] when the file cannot be read or has errors, the certificate cannot be used, or the
    /// address is taken or may not be listened on.
    pub async fn start_guarded(config: SysMapConfig, guard: Guard) -> Result<Self, SysMapError> {
        let SysMapConfig {
            address,
            source,
            engines,
        } = config;
        guard.admits(address)?;
        let mut reloads = Vec::new();
        let (system, watched) = match source {
            SysMapSource::System(system) => (engines.complete(*system), None),
            SysMapSource::File(path) => {
                let (system, watched) = Watched::open(path, engines)?;
                (system, Some(watched))
            }
        };
        let (publish, system) = watch::channel(Arc::new(system));
        let tls = guard.tls.map(tls::Watched::open).transpose()?;
        let (tls, certificate) = tls
            .map(|(config, watched)| {
                let (publish, config) = watch::channel(config);
                (config, (watched, publish))
            })
            .unzip();
        let encrypted = tls.is_some();
        let listener = Listener::start(address, router(&system, guard.token), tls)
            .await
            .map_err(|source| SysMapError::Listen { address, source })?;
        reloads.extend(watched.map(|watched| tokio::spawn(watched.follow(publish))));
        reloads.extend(certificate.map(|(watched, publish)| tokio::spawn(watched.follow(publish))));
        Ok(Self {
            listener,
            encrypted,
            system,
            reloads,
        })
    }

    /// Where the server listens.
    pub fn address(&self) -> SocketAddr {
        self.listener.address()
    }

    /// The server's address for `SLINGSHOT_SYS_MAP`.
    pub fn url(&self) -> String {
        let scheme = if self.encrypted { "https" } else { "http" };
        format!("{scheme}://{}", self.address())
    }

    /// The system as it is served now, and every later one.
    pub fn system(&self) -> watch::Receiver<Arc<System>> {
        self.system.clone()
    }

    /// Stops.
    pub async fn shutdown(self) {
        for reload in self.reloads {
            reload.abort();
        }
        self.listener.shutdown().await;
    }
}

/// Whether it is alive may everybody ask.
fn router(system: &watch::Receiver<Arc<System>>, token: Option<Secret>) -> Router {
    let mut map = Router::new()
        .fallback(get(answer::answer))
        .with_state(system.clone());
    if let Some(token) = token {
        map = map.layer(middleware::from_fn_with_state(
            Arc::new(token),
            guard::check,
        ));
    }
    map.route("/livez", get(async || "ok\n"))
}

impl Engines {
    /// `system` with an engine of ours wherever it names none.
    fn complete(&self, mut system: System) -> System {
        system.rabbitmq = system.rabbitmq.or_else(|| self.rabbitmq.clone());
        system.database = system.database.or_else(|| self.database.clone());
        system.object_storage = system
            .object_storage
            .or_else(|| self.object_storage.clone());
        system
    }
}

//! The HTTP server in front of the handlers.
//!
//! A thread for each core serves the connections that were given to it, and calls `async` functions where it reads
//! their requests: a request never changes its thread. What blocks runs elsewhere.

mod activity;
mod admission;
mod answer;
mod body;
mod client;
mod connection;
mod cores;
mod envelope;
mod files;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
mod health;
mod keys;
mod media_type;
mod request;
mod router;
mod server;
mod settings;
mod small_writes;
mod tls;

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use thiserror::Error;
use tokio::{
    net::TcpListener,
    sync::{Semaphore, watch},
    task::JoinHandle,
    time::{sleep, timeout},
};

use crate::drain::{Drain, Phase};
use connection::Peer;
use cores::Cores;
pub(crate) use health::{HttpHealth, Listener};
pub(crate) use router::{Router, RouterError, Shared};
use server::Server;
pub(crate) use settings::{HttpSettings, SettingsError, TlsSettings};

/// How many clients are connected at once. Further ones wait in the system's line.
const MOST_CONNECTIONS: usize = 10_000;

/// How long to wait after the system had no connection to give: it is out of descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// How long uploads that are cut off may take to remove what they have made.
const CLEANING_UP: Duration = Duration::from_secs(2);

/// A server that cannot begin.
#[derive(Debug, Error)]
pub(crate) enum HttpError {
    #[error(
        "{address} cannot be listened on for handlers: {source} (SLINGSHOT_HTTP names another address, and `off` \
         does without)"
    )]
    Listen {
        address: SocketAddr,
        source: io::Error,
    },
    #[error(transparent)]
    Settings(#[from] SettingsError),
    #[error("no threads for the HTTP server: {0}")]
    Threads(io::Error),
}

/// A running server.
#[derive(Debug)]
pub(crate) struct Http {
    address: SocketAddr,
    server: Arc<Server>,
    health: Arc<HttpHealth>,
    accepting: JoinHandle<()>,
    /// Ends the connections.
    stop: watch::Sender<bool>,
    cores: Arc<Cores>,
}

impl Http {
    pub(crate) async fn start(
        settings: HttpSettings,
        router: Router,
        health: Arc<HttpHealth>,
    ) -> Result<Self, HttpError> {
        let checked = settings.check().await?;
        let failed = |source| HttpError::Listen {
            address: checked.listen,
            source,
        };
        let listener = TcpListener::bind(checked.listen).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let (stop, stopped) = watch::channel(false);
        let server = Arc::new(Server::new(checked, router));
        let cores = Cores::start(&server, &stopped).map_err(HttpError::Threads)?;
        let cores = Arc::new(cores);
        let following = Arc::clone(&server);
        let accepting = tokio::spawn({
            let (cores, health) = (Arc::clone(&cores), Arc::clone(&health));
            async move {
                tokio::join!(accept(listener, cores, &health), following.follow());
            }
        });
        health.listens();
        Ok(Self {
            address,
            server,
            health,
            accepting,
            stop,
            cores,
        })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until the process drains: then requests that are being answered are finished, and new ones are
    /// refused. Says how many were cut off.
    pub(crate) async fn run(self, mut drain: Drain, limit: Duration) -> usize {
        drain.reached(Phase::Draining).await;
        self.health.drains();
        self.server.refuse();
        let finished = async {
            tokio::select! {
                () = self.server.finished() => {}
                () = drain.reached(Phase::Leaving) => {}
            }
        };
        if timeout(limit, finished).await.is_err() {
            tracing::debug!("requests that still run are left behind");
        }
        let left = self.server.active();
        self.server.cut_off();
        if timeout(CLEANING_UP, self.server.finished()).await.is_err() {
            tracing::debug!("what was cut off does not end");
        }
        self.accepting.abort();
        self.stop.send_replace(true);
        self.cores.ended().await;
        left
    }
}

/// Gives each connection to the core that has the fewest.
async fn accept(listener: TcpListener, cores: Arc<Cores>, health: &HttpHealth) {
    let places = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else {
            return;
        };
        let accepted = listener.accept().await;
        health.accepted(accepted.as_ref().map(drop));
        match accepted {
            Ok((connection, address)) => {
                let peer = Peer { address, place };
                if let Err(error) = cores.give(connection, peer).await {
                    tracing::debug!(%error, "a connection was lost before its first request");
                }
            }
            Err(error) => {
                tracing::debug!(%error, "no connection for a client");
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

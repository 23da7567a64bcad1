//! The listener: lets clients in, up to a bound, and brings everything down in order.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncWriteExt, BufStream};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Mutex, OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::client::{Client, ClientError};
use crate::engine::{Engine, EngineEnd, EngineError, EngineHandle};
use crate::handshake::{Gate, Handshake, greet};
use crate::scram::Verifier;
use crate::session::Session;
use crate::settings::Settings;
use crate::sql::ClientId;
use crate::wire::{self, Refusal};

/// What a server is started with.
pub struct Config {
    /// Where to listen; port 0 takes a free one.
    pub address: SocketAddr,
    /// The only user that is let in: the one that the engine runs as.
    pub user: String,
    /// The only database there is.
    pub database: String,
    /// The user's password.
    pub password: String,
    /// The bounds.
    pub limits: Limits,
}

impl fmt::Debug for Config {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            address,
            user,
            database,
            password: _,
            limits,
        } = self;
        let mut shown = formatter.debug_struct("Config");
        shown
            .field("address", address)
            .field("user", user)
            .field("database", database);
        shown.field("limits", limits).finish_non_exhaustive()
    }
}

/// The bounds of a server.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Clients at a time.
    pub connections: usize,
    /// How long a request waits for its turn.
    pub turn_wait: Duration,
    /// How long a client that has gone waits for a turn to tidy up.
    pub leave_wait: Duration,
    /// How long a handshake may take.
    pub handshake: Duration,
    /// The size of a request, `COPY` data included.
    pub request_bytes: usize,
    /// How long a shutdown waits for statements to end.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            // The default of the server's own `max_connections`.
            connections: 100,
            // Long enough for a migration's statement, short enough to be seen as what it is.
            turn_wait: Duration::from_secs(5),
            leave_wait: Duration::from_mins(1),
            handshake: Duration::from_secs(10),
            request_bytes: 64 << 20,
            drain: Duration::from_secs(10),
        }
    }
}

/// Why a server did not start or stopped.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The port is taken, or not ours to take.
    #[error("cannot listen on {0}: {1}")]
    Listen(SocketAddr, io::Error),
    /// The system gives no random bytes.
    #[error("no randomness for the password's salt: {0}")]
    Randomness(getrandom::Error),
    /// The engine did not start, or broke.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// Statements ran on.
    #[error("statements still ran {} s after the signal; they are rolled back at the next start", .0.as_secs())]
    Drain(Duration),
}

/// A server that listens.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    shared: Shared,
    engine_end: EngineEnd,
}

/// What every connection needs.
#[derive(Clone)]
struct Shared {
    session: Arc<Mutex<Session>>,
    gate: Arc<Gate>,
    /// What a client starts with.
    settings: Arc<Settings>,
    /// The server's `ParameterStatus` values.
    parameters: Arc<BTreeMap<String, String>>,
    places: Arc<Semaphore>,
    limits: Limits,
}

impl fmt::Debug for Shared {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Shared")
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

impl Server {
    /// Opens the engine and listens.
    ///
    /// # Errors
    /// Where the engine does not open or the address cannot be bound.
    pub async fn start<E: Engine>(
        config: Config,
        open: impl FnOnce() -> Result<E, EngineError> + Send + 'static,
    ) -> Result<Self, ServerError> {
        let Config {
            address,
            user,
            database,
            password,
            limits,
        } = config;
        // Before the engine: a taken port should not cost an initialised database.
        let unbound = |error| ServerError::Listen(address, error);
        let listener = TcpListener::bind(address).await.map_err(unbound)?;
        let address = listener.local_addr().map_err(unbound)?;
        let verifier = Verifier::new(password.as_bytes()).map_err(ServerError::Randomness)?;
        let (engine, engine_end) = EngineHandle::start(open).await?;
        let mut session = Session::begin(engine).await?;
        let parameters = Settings::reported(&session.run(Settings::REPORTED).await?);
        let shared = Shared {
            settings: Arc::new(session.settings().clone()),
            session: Arc::new(Mutex::new(session)),
            gate: Arc::new(Gate {
                user,
                database,
                verifier,
            }),
            parameters: Arc::new(parameters),
            places: Arc::new(Semaphore::new(limits.connections)),
            limits,
        };
        Ok(Self {
            listener,
            address,
            shared,
            engine_end,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `stop` resolves, then closes the connections and the engine.
    ///
    /// # Errors
    /// Where the engine broke, did not close in order, or statements outlasted the drain.
    pub async fn run(self, stop: impl Future<Output = ()>) -> Result<(), ServerError> {
        let Self {
            listener,
            shared,
            engine_end,
            ..
        } = self;
        let (stopping, is_stopping) = watch::channel(false);
        let mut clients = JoinSet::new();
        let mut next = 0;
        let mut stop = std::pin::pin!(stop);
        let broken = loop {
            tokio::select! {
                () = &mut stop => break None,
                accepted = listener.accept() => {
                    // A connection that failed before it was accepted is its client's affair.
                    let Ok((stream, _)) = accepted else { continue };
                    next += 1;
                    let shared = shared.clone();
                    clients.spawn(shared.welcome(stream, ClientId(next), is_stopping.clone()));
                }
                Some(ended) = clients.join_next() => {
                    if let Ok(Err(ClientError::Engine(error))) = ended {
                        break Some(error);
                    }
                }
            }
        };
        drop(listener);
        stopping.send_replace(true);
        let limits = shared.limits;
        // The engine closes when the last handle to it is gone.
        drop(shared);
        let drain = async {
            while clients.join_next().await.is_some() {}
            engine_end.wait().await
        };
        match (broken, timeout(limits.drain, drain).await) {
            (Some(error), _) => Err(error.into()),
            (None, Ok(ended)) => Ok(ended?),
            (None, Err(_)) => Err(ServerError::Drain(limits.drain)),
        }
    }
}

impl Shared {
    async fn welcome(
        self,
        stream: TcpStream,
        id: ClientId,
        stop: watch::Receiver<bool>,
    ) -> Result<(), ClientError> {
        stream.set_nodelay(true)?;
        let mut stream = BufStream::new(stream);
        let Ok(place) = self.places.clone().try_acquire_owned() else {
            let text = format!("{} clients are connected already", self.limits.connections);
            stream
                .write_all(&Refusal::new("53300", text).as_fatal())
                .await?;
            stream.flush().await?;
            return Ok(());
        };
        let greeting = greet(&mut stream, &self.gate);
        let greeted = timeout(self.limits.handshake, greeting).await;
        let Ok(Ok(Handshake::Accepted(asked))) = greeted else {
            return Ok(());
        };
        stream.write_all(&self.introduction(id, &asked)).await?;
        stream.flush().await?;
        let settings = self.settings.with_startup(&asked);
        let client = Client::new(id, stream, self.session.clone(), settings, self.limits);
        let is_alone = || self.is_last(&place);
        client.serve(stop, is_alone).await
    }

    fn is_last(&self, _place: &OwnedSemaphorePermit) -> bool {
        self.places.available_permits() + 1 == self.limits.connections
    }

    /// `ParameterStatus` for all that is reported, `BackendKeyData`, `ReadyForQuery`. Settings that the
    /// client asked for are echoed; where the server spells one differently, it says so when it takes it.
    fn introduction(&self, id: ClientId, asked: &BTreeMap<String, String>) -> Vec<u8> {
        let mut bytes = Vec::new();
        for (name, value) in &*self.parameters {
            let asked = asked
                .iter()
                .find(|(asked, _)| asked.eq_ignore_ascii_case(name));
            let value = asked.map_or(value, |(_, value)| value);
            bytes.extend(wire::parameter_status(name, value));
        }
        // No secret: a cancel request is not acted upon.
        bytes.extend(wire::message(b'K', &[&id.0.to_be_bytes()]));
        bytes.extend(wire::ready(wire::Status::Idle));
        bytes
    }
}

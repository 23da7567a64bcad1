//! The embedded broker: AMQP 0-9-1 as RabbitMQ speaks it, on loopback, for one machine.
//!
//! Durable queues, exchanges with their bindings, and persistent messages live in the broker's
//! directory and survive the death of the process. Not here: transactions, priorities, streams,
//! clustering, permissions; `tests/system/conformance.rs` is the list of what is.

mod arguments;
mod bind;
mod channel;
mod connection;
mod content;
mod dead_letter;
mod declare;
mod deliver;
mod error;
mod exchange;
mod frame;
mod handshake;
mod journal;
mod message;
mod output;
mod publish;
mod queue;
mod record;
mod request;
mod session;
mod state;
mod store;

use std::{
    fmt,
    net::SocketAddr,
    path::PathBuf,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread::JoinHandle,
    time::Duration,
};

use tokio::{net::TcpListener, sync::Semaphore, time::Instant};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub use self::error::{BrokerError, StoreError};
use self::{
    error::Refusal,
    handshake::Credentials,
    journal::Demand,
    message::Memory,
    state::State,
    store::{Batch, Store},
};

/// Connections at a time; more wait to be accepted.
const CONNECTIONS_MAX: usize = 1024;
/// Bytes that messages may hold before publishers have to wait.
const MEMORY_MARK: usize = 512 << 20;
/// For settlements to gather, which nobody waits for, before they are written.
const GATHERING_TIME: Duration = Duration::from_millis(20);
/// For connections to end at shutdown.
const SHUTDOWN_TIME: Duration = Duration::from_secs(5);
/// After the system refused to accept a connection, for instance for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// How to start a [`Broker`].
#[derive(Clone)]
pub struct BrokerConfig {
    /// Where to listen, on loopback; port 0 is any free one.
    pub address: SocketAddr,
    /// Where the state lives; made when missing.
    pub directory: PathBuf,
    /// The one user's name.
    pub username: String,
    /// The one user's password.
    pub password: String,
}

impl fmt::Debug for BrokerConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            address,
            directory,
            username,
            password: _,
        } = self;
        f.debug_struct("BrokerConfig")
            .field("address", address)
            .field("directory", directory)
            .field("username", username)
            .finish_non_exhaustive()
    }
}

/// One queue at the moment of [`Broker::queues`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueStatus {
    /// The queue's name.
    pub name: String,
    /// Whether it survives a restart.
    pub durable: bool,
    /// Messages that wait.
    pub ready: u64,
    /// Messages that a client has and did not settle.
    pub unacknowledged: u64,
    /// Consumers of the queue.
    pub consumers: u32,
}

/// A running broker. Dropping it stops it without waiting for its clients.
#[derive(Debug)]
pub struct Broker {
    shared: Arc<Shared>,
    address: SocketAddr,
    tasks: TaskTracker,
    writer: Option<JoinHandle<()>>,
}

impl Broker {
    /// Opens the directory's state and listens.
    ///
    /// # Errors
    /// An address that is not loopback or is taken; a directory whose state cannot be read or
    /// that another broker has open.
    pub async fn start(config: BrokerConfig) -> Result<Self, BrokerError> {
        let BrokerConfig {
            address,
            directory,
            username,
            password,
        } = config;
        if !address.ip().is_loopback() {
            return Err(BrokerError::NotLoopback(address));
        }
        let memory = Memory::new(MEMORY_MARK);
        let (store, contents) = open(directory, Arc::clone(&memory)).await?;
        let mut state = State::new(Arc::clone(&memory));
        state.restore(contents);
        let listen = |source| BrokerError::Listen { address, source };
        let listener = TcpListener::bind(address).await.map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;

        let shared = Arc::new(Shared {
            state: Mutex::new(state),
            memory,
            credentials: Credentials { username, password },
            shutdown: CancellationToken::new(),
        });
        let writing = Arc::clone(&shared);
        let writer = std::thread::Builder::new()
            .name("broker-journal".into())
            .spawn(move || write_journal(&writing, &store))
            .map_err(listen)?;
        let tasks = TaskTracker::new();
        tasks.spawn(ring(Arc::clone(&shared)));
        tasks.spawn(accept(listener, Arc::clone(&shared), tasks.clone()));
        Ok(Self {
            shared,
            address,
            tasks,
            writer: Some(writer),
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// All queues at one moment, by name. When ready and unacknowledged are 0 everywhere, nothing
    /// is under way: a message is in its queue before its publisher can know that it was taken.
    pub fn queues(&self) -> Vec<QueueStatus> {
        self.shared.lock().statuses()
    }

    /// Closes every connection, writes what is to be written, and ends.
    pub async fn shutdown(mut self) {
        let reason = "broker forced connection closure with reason 'shutdown'";
        self.shared.lock().close_all(&Refusal::forced(reason));
        self.shared.shutdown.cancel();
        self.tasks.close();
        if tokio::time::timeout(SHUTDOWN_TIME, self.tasks.wait())
            .await
            .is_err()
        {
            tracing::warn!("connections to the embedded broker did not end in time");
        }
        self.stop_writer();
        if let Some(writer) = self.writer.take() {
            let joined = tokio::task::spawn_blocking(move || writer.join()).await;
            if !matches!(joined, Ok(Ok(()))) {
                tracing::error!("the embedded broker's journal ended with a panic");
            }
        }
    }

    fn stop_writer(&self) {
        let mut state = self.shared.lock();
        state.stopping = true;
        state.journal.work().notify_all();
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        self.shared.shutdown.cancel();
        self.stop_writer();
    }
}

/// What all tasks of a broker have in common.
struct Shared {
    state: Mutex<State>,
    memory: Arc<Memory>,
    credentials: Credentials,
    shutdown: CancellationToken,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}

/// Opens the store and reads it, away from the tasks that must not wait.
async fn open(
    directory: PathBuf,
    memory: Arc<Memory>,
) -> Result<(Store, store::Contents), BrokerError> {
    let path = directory.clone();
    let opening = tokio::task::spawn_blocking(move || {
        let store = Store::open(&path)?;
        let contents = store.contents(&memory)?;
        Ok((store, contents))
    });
    let opened = opening
        .await
        .unwrap_or_else(|error| Err(StoreError::new(error)));
    opened.map_err(|source| BrokerError::Store { directory, source })
}

async fn accept(listener: TcpListener, shared: Arc<Shared>, tasks: TaskTracker) {
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    for connection in 1.. {
        let accepted = async {
            let place = Arc::clone(&places).acquire_owned().await;
            (listener.accept().await, place)
        };
        let (stream, place) = tokio::select! {
            accepted = accepted => accepted,
            () = shared.shutdown.cancelled() => return,
        };
        match stream {
            Ok((stream, _)) => {
                let shared = Arc::clone(&shared);
                tasks.spawn(async move {
                    connection::serve(stream, connection, shared).await;
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "the embedded broker cannot accept a connection");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// Expires messages and queues when their time comes, whether or not anybody looks.
async fn ring(shared: Arc<Shared>) {
    let moved = shared.lock().alarm_moved();
    loop {
        let next = shared.lock().first_alarm();
        let wait = async {
            match next {
                Some(at) => tokio::time::sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = wait => shared.lock().ring(Instant::now()),
            () = moved.notified() => {}
            () = shared.shutdown.cancelled() => return,
        }
    }
}

/// Writes batch after batch until the broker stops; runs on a thread of its own.
fn write_journal(shared: &Shared, store: &Store) {
    let work = shared.lock().journal.work();
    loop {
        let Some((number, batch)) = next_batch(shared, &work) else {
            return;
        };
        let written = store.commit(batch);
        let mut state = shared.lock();
        match written {
            Ok(()) => {
                state.journal.set_written(number);
                state.release_confirms(None);
            }
            Err(error) => {
                tracing::error!(%error, "the embedded broker cannot write its state");
                state.break_down(&error);
                return;
            }
        }
    }
}

/// Waits for a batch that is worth a commit; `None` once the broker stops and all is written.
fn next_batch(shared: &Shared, work: &Condvar) -> Option<(u64, Batch)> {
    let mut state = shared.lock();
    loop {
        state = match state.journal.demand() {
            Demand::Urgent => return Some(state.journal.take()),
            Demand::Idle if state.stopping => return Some(state.journal.take()),
            Demand::Idle => {
                let waited = work.wait_timeout(state, GATHERING_TIME);
                let (mut state, waited) = waited.unwrap_or_else(PoisonError::into_inner);
                if waited.timed_out() && state.journal.demand() != Demand::None {
                    return Some(state.journal.take());
                }
                state
            }
            Demand::None if state.stopping => return None,
            Demand::None => work.wait(state).unwrap_or_else(PoisonError::into_inner),
        };
    }
}

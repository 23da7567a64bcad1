//! The threads that serve connections, one for each core.

use std::{
    io,
    net::TcpStream as StdTcpStream,
    num::NonZero,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use tokio::{
    net::TcpStream,
    runtime::{Builder, Runtime},
    sync::{mpsc, watch},
    task::spawn_blocking,
    time::timeout,
};
use tokio_util::task::TaskTracker;

use super::{
    connection::{self, Peer},
    server::Server,
};

/// How many accepted connections may wait for their thread.
const WAITING: usize = 1_024;

/// How long connections may take to close once nothing is asked on them any more.
const CLOSING: Duration = Duration::from_secs(2);

/// All of them.
#[derive(Debug)]
pub(super) struct Cores {
    cores: Vec<Core>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

#[derive(Debug)]
struct Core {
    connections: mpsc::Sender<(StdTcpStream, Peer)>,
    load: Arc<AtomicUsize>,
}

impl Cores {
    pub(super) fn start(server: &Arc<Server>, stopped: &watch::Receiver<bool>) -> io::Result<Self> {
        let count = thread::available_parallelism().map_or(1, NonZero::get);
        let (mut cores, mut threads) = (Vec::new(), Vec::new());
        for index in 0..count {
            let (connections, given) = mpsc::channel(WAITING);
            let load = Arc::new(AtomicUsize::new(0));
            let runtime = Builder::new_current_thread().enable_all().build()?;
            let serving = Serving {
                server: Arc::clone(server),
                stopped: stopped.clone(),
                load: Arc::clone(&load),
            };
            let thread = thread::Builder::new().name(format!("http {index}"));
            threads.push(thread.spawn(move || serving.serve(&runtime, given))?);
            cores.push(Core { connections, load });
        }
        Ok(Self {
            cores,
            threads: Mutex::new(threads),
        })
    }

    pub(super) async fn give(&self, connection: TcpStream, peer: Peer) -> io::Result<()> {
        connection.set_nodelay(true)?;
        let connection = connection.into_std()?;
        let least = self
            .cores
            .iter()
            .min_by_key(|core| core.load.load(Ordering::Relaxed));
        let Some(core) = least else { return Ok(()) };
        core.load.fetch_add(1, Ordering::Relaxed);
        let given = core.connections.send((connection, peer)).await;
        given.map_err(|_| io::Error::other("the server has ended"))
    }

    /// Waits for the threads.
    pub(super) async fn ended(&self) {
        let threads = {
            let mut threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut *threads)
        };
        let joined = spawn_blocking(move || threads.into_iter().try_for_each(JoinHandle::join));
        // A function that keeps its thread is not waited for.
        match timeout(CLOSING * 2, joined).await {
            Ok(Ok(Ok(()))) => {}
            Ok(_) => tracing::error!("a thread of the HTTP server broke"),
            Err(_) => tracing::warn!("a thread of the HTTP server is held by a function"),
        }
    }
}

/// What a thread serves its connections with.
struct Serving {
    server: Arc<Server>,
    stopped: watch::Receiver<bool>,
    load: Arc<AtomicUsize>,
}

impl Serving {
    fn serve(self, runtime: &Runtime, mut given: mpsc::Receiver<(StdTcpStream, Peer)>) {
        let Self {
            server,
            stopped,
            load,
        } = self;
        runtime.block_on(async {
            let open = TaskTracker::new();
            let mut stopping = stopped.clone();
            loop {
                let next = tokio::select! {
                    next = given.recv() => next,
                    _ = stopping.wait_for(|stopped| *stopped) => None,
                };
                let Some((connection, peer)) = next else {
                    break;
                };
                let (server, stopped) = (Arc::clone(&server), stopped.clone());
                let load = Load(Arc::clone(&load));
                open.spawn(async move {
                    let _load = load;
                    match TcpStream::from_std(connection) {
                        Ok(connection) => {
                            connection::serve(connection, peer, server, stopped).await;
                        }
                        Err(error) => tracing::debug!(%error, "a connection was lost"),
                    }
                });
            }
            open.close();
            if timeout(CLOSING, open.wait()).await.is_err() {
                tracing::debug!(connections = open.len(), "connections are cut off");
            }
        });
    }
}

/// One of a core's connections, until it is dropped.
struct Load(Arc<AtomicUsize>);

impl Drop for Load {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

//! The threads that serve connections, one for each core.

use std::{
    collections::BTreeMap,
    io,
    net::TcpStream as StdTcpStream,
    num::NonZero,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
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
    time::{Instant, MissedTickBehavior, interval, timeout},
};
use tokio_util::task::TaskTracker;

use super::{
    activity::{Activity, Ending},
    connection::{self, Peer},
    server::Server,
};

/// How many accepted connections may wait for their thread.
const WAITING: usize = 1_024;

/// How long connections may take to close once nothing is asked on them any more.
const CLOSING: Duration = Duration::from_secs(2);

/// How often a thread looks for connections that rest for too long: eight times as often as they may.
const OFTENEST: Duration = Duration::from_millis(10);
const RAREST: Duration = Duration::from_secs(5);

/// All of them.
#[derive(Debug)]
pub(super) struct Cores {
    cores: Vec<Core>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

#[derive(Debug)]
struct Core {
    connections: mpsc::Sender<(StdTcpStream, Peer)>,
    /// How many of them are open or about to be.
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
            mut stopped,
            load,
        } = self;
        runtime.block_on(async {
            let tasks = TaskTracker::new();
            let open = Arc::new(Open::default());
            let patience = server.keep_alive();
            let mut looks = interval((patience / 8).clamp(OFTENEST, RAREST));
            looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            for number in 0.. {
                let next = loop {
                    tokio::select! {
                        next = given.recv() => break next,
                        _ = stopped.wait_for(|stopped| *stopped) => break None,
                        now = looks.tick(), if !open.is_empty() => open.hang_up_after(patience, now),
                    }
                };
                let Some((connection, peer)) = next else {
                    break;
                };
                let (activity, ended) = Activity::new();
                let activity = Arc::new(activity);
                let entry = open.enter(number, &activity, &load);
                let server = Arc::clone(&server);
                tasks.spawn(async move {
                    let _entry = entry;
                    match TcpStream::from_std(connection) {
                        Ok(connection) => {
                            connection::serve(connection, peer, server, activity, ended).await;
                        }
                        Err(error) => tracing::debug!(%error, "a connection was lost"),
                    }
                });
            }
            open.stop();
            tasks.close();
            if timeout(CLOSING, tasks.wait()).await.is_err() {
                tracing::debug!(connections = tasks.len(), "connections are cut off");
            }
        });
    }
}

/// A core's connections.
#[derive(Debug, Default)]
struct Open(Mutex<BTreeMap<u64, Arc<Activity>>>);

impl Open {
    fn held(&self) -> MutexGuard<'_, BTreeMap<u64, Arc<Activity>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_empty(&self) -> bool {
        self.held().is_empty()
    }

    /// Ends the connections whose clients let the next head be waited for so long.
    fn hang_up_after(&self, patience: Duration, now: Instant) {
        for activity in self.held().values() {
            if activity
                .rested(now)
                .is_some_and(|rested| rested >= patience)
            {
                activity.end(Ending::HangUp);
            }
        }
    }

    /// Ends all of them after what is being answered.
    fn stop(&self) {
        for activity in self.held().values() {
            activity.end(Ending::Stop);
        }
    }

    fn enter(
        self: &Arc<Self>,
        number: u64,
        activity: &Arc<Activity>,
        load: &Arc<AtomicUsize>,
    ) -> Entry {
        self.held().insert(number, Arc::clone(activity));
        Entry {
            number,
            open: Arc::clone(self),
            load: Arc::clone(load),
        }
    }
}

/// One of a core's connections, until it is dropped.
struct Entry {
    number: u64,
    open: Arc<Open>,
    load: Arc<AtomicUsize>,
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.open.held().remove(&self.number);
        self.load.fetch_sub(1, Ordering::Relaxed);
    }
}

//! The listener: HTTP/1.1, encrypted or not, for strangers. Whatever a client does or leaves undone, it
//! costs one of a bounded number of connections for a bounded time.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use rustls::ServerConfig;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::{JoinHandle, JoinSet},
    time::{sleep, timeout},
};
use tokio_rustls::TlsAcceptor;

/// More wait in the system's own line. Each service holds one.
const MOST_CONNECTIONS: usize = 1024;

/// How long a client may take for its half of the TLS handshake, and for the head of a request.
const SLOWEST: Duration = Duration::from_secs(10);

/// The longest head of a request: a path and some headers.
const LONGEST_HEAD: usize = 16 * 1024;

/// How long a connection lives. A client that reads its answers slowly holds it no longer; one that asks
/// now and then makes a new one.
const LONGEST_CONNECTION: Duration = Duration::from_mins(2);

/// Requests are answered from memory: whatever still runs is a client that does not read.
const DRAIN: Duration = Duration::from_secs(1);

/// Between two attempts to accept when the system has no file descriptors left.
const PAUSE: Duration = Duration::from_millis(100);

/// A listening router.
#[derive(Debug)]
pub(super) struct Listener {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

/// What serves each connection. The newest configuration of TLS, if there is any.
#[derive(Clone)]
struct Serving {
    router: Router,
    tls: Option<watch::Receiver<Arc<ServerConfig>>>,
    stopped: watch::Receiver<bool>,
}

impl Listener {
    pub(super) async fn start(
        address: SocketAddr,
        router: Router,
        tls: Option<watch::Receiver<Arc<ServerConfig>>>,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let (stop, stopped) = watch::channel(false);
        let serving = Serving {
            router,
            tls,
            stopped,
        };
        Ok(Self {
            address,
            stop,
            task: tokio::spawn(serving.accept(listener)),
        })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops listening and waits for what runs, at most a moment.
    pub(super) async fn shutdown(self) {
        self.stop.send_replace(true);
        if let Err(error) = self.task.await {
            tracing::error!(%error, "the server broke");
        }
    }
}

impl Serving {
    async fn accept(self, listener: TcpListener) {
        let mut connections = JoinSet::new();
        let mut stopped = self.stopped.clone();
        loop {
            tokio::select! {
                () = told(&mut stopped) => break,
                Some(_) = connections.join_next() => {}
                accepted = listener.accept(), if connections.len() < MOST_CONNECTIONS => {
                    match accepted {
                        Ok((stream, _)) => drop(connections.spawn(self.clone().serve(stream))),
                        Err(error) => {
                            tracing::warn!(%error, "a connection could not be accepted");
                            sleep(PAUSE).await;
                        }
                    }
                }
            }
        }
        drop(listener);
        let drained = async { while connections.join_next().await.is_some() {} };
        if timeout(DRAIN, drained).await.is_err() {
            connections.shutdown().await;
        }
    }

    async fn serve(mut self, stream: TcpStream) {
        // With Nagle's algorithm a small body waits 40 ms for the acknowledgement of its headers.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a connection keeps Nagle's algorithm");
        }
        let Some(tls) = self.tls.take() else {
            return self.answer(stream).await;
        };
        let acceptor = TlsAcceptor::from(Arc::clone(&tls.borrow()));
        match timeout(SLOWEST, acceptor.accept(stream)).await {
            Ok(Ok(stream)) => self.answer(stream).await,
            Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
            Err(_) => tracing::debug!("a TLS handshake took too long"),
        }
    }

    async fn answer(mut self, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) {
        let service = TowerToHyperService::new(self.router);
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(SLOWEST)
            .max_buf_size(LONGEST_HEAD)
            .serve_connection(TokioIo::new(stream), service);
        let mut connection = std::pin::pin!(connection);
        let ended = tokio::select! {
            ended = connection.as_mut() => Some(ended),
            () = told(&mut self.stopped) => None,
            () = sleep(LONGEST_CONNECTION) => None,
        };
        let ended = match ended {
            Some(ended) => Ok(ended),
            None => {
                connection.as_mut().graceful_shutdown();
                timeout(DRAIN, connection).await
            }
        };
        if let Ok(Err(error)) = ended {
            tracing::debug!(%error, "a connection broke");
        }
    }
}

/// Waits for the word to stop, or for the server to be dropped, which is one.
async fn told(stopped: &mut watch::Receiver<bool>) {
    stopped.wait_for(|stopped| *stopped).await.ok();
}

//! An HTTP server on loopback that stops when it is told.

use std::{io, net::SocketAddr, time::Duration};

use axum::{Router, serve::ListenerExt as _};
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle, time::timeout};

/// A listening router.
#[derive(Debug)]
pub(crate) struct Server {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
    drain: Duration,
}

impl Server {
    /// Binds `address` and answers from a task of its own. Requests that run at shutdown get `drain`.
    pub(crate) async fn start(
        address: SocketAddr,
        router: Router,
        drain: Duration,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        // With Nagle's algorithm a small body waits 40 ms for the acknowledgement of its headers.
        let listener = listener.tap_io(|connection| {
            if let Err(error) = connection.set_nodelay(true) {
                tracing::debug!(%error, "a connection keeps Nagle's algorithm");
            }
        });
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(async move {
            let serving = axum::serve(listener, router).with_graceful_shutdown(async {
                // A dropped sender means a dropped server: stop as well.
                stopped.await.ok();
            });
            if let Err(error) = serving.await {
                tracing::error!(%error, %address, "the server ended");
            }
        });
        Ok(Self {
            address,
            stop,
            task,
            drain,
        })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops listening and waits for what runs, at most as long as was agreed.
    pub(crate) async fn shutdown(mut self) {
        if self.stop.send(()).is_ok() && timeout(self.drain, &mut self.task).await.is_err() {
            self.task.abort();
        }
    }
}

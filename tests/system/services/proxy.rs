//! What stands between a service and its broker, and lets go.

use std::net::SocketAddr;

use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinHandle,
};

/// Forwards connections until they are cut, or takes them and says nothing.
pub(super) struct Proxy {
    pub(super) address: SocketAddr,
    mode: watch::Sender<Mode>,
    accepting: JoinHandle<()>,
}

#[derive(Clone, Copy)]
struct Mode {
    /// Grows with each cut.
    cuts: u32,
    frozen: bool,
}

impl Proxy {
    pub(super) async fn start(broker: String) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (mode, watched) = watch::channel(Mode {
            cuts: 0,
            frozen: false,
        });
        let accepting = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let mut mode = watched.clone();
                let Mode { cuts, frozen } = *mode.borrow();
                let broker = broker.clone();
                tokio::spawn(async move {
                    tokio::select! {
                        () = forward(client, broker, frozen) => {}
                        _ = mode.wait_for(|mode| mode.cuts > cuts) => {}
                    }
                });
            }
        });
        Self {
            address,
            mode,
            accepting,
        }
    }

    /// Breaks every connection that there is.
    pub(super) fn cut(&self) {
        self.mode.send_modify(|mode| mode.cuts += 1);
    }

    /// Takes new connections and never answers.
    pub(super) fn freeze(&self) {
        self.mode.send_modify(|mode| mode.frozen = true);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn forward(mut client: TcpStream, broker: String, frozen: bool) {
    if frozen {
        std::future::pending::<()>().await;
    }
    let mut broker = TcpStream::connect(broker).await.unwrap();
    // Small frames would wait here for delayed acknowledgements, and arrive in one lump.
    client.set_nodelay(true).unwrap();
    broker.set_nodelay(true).unwrap();
    drop(copy_bidirectional(&mut client, &mut broker).await);
}

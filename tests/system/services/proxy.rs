//! What stands between a service and what it needs, and lets go.

use std::net::SocketAddr;

use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinHandle,
};

/// Forwards connections until they are cut, takes them and says nothing, or refuses them.
pub(super) struct Proxy {
    pub(super) address: SocketAddr,
    mode: watch::Sender<Mode>,
    accepting: JoinHandle<()>,
}

#[derive(Clone)]
struct Mode {
    /// Grows with each cut.
    cuts: u32,
    manner: Manner,
    target: String,
}

#[derive(Clone, Copy, PartialEq)]
enum Manner {
    Forward,
    Freeze,
    Refuse,
}

impl Proxy {
    pub(super) async fn start(target: String) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (mode, watched) = watch::channel(Mode {
            cuts: 0,
            manner: Manner::Forward,
            target,
        });
        let accepting = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let mut mode = watched.clone();
                let Mode {
                    cuts,
                    manner,
                    target,
                } = mode.borrow().clone();
                tokio::spawn(async move {
                    tokio::select! {
                        () = forward(client, target, manner) => {}
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
        self.mode.send_modify(|mode| mode.manner = Manner::Freeze);
    }

    /// Breaks every connection, and those that come.
    pub(super) fn refuse(&self) {
        self.mode.send_modify(|mode| mode.manner = Manner::Refuse);
        self.cut();
    }

    /// Forwards again, to another place if one is given.
    pub(super) fn forward(&self, elsewhere: Option<String>) {
        self.mode.send_modify(|mode| {
            mode.manner = Manner::Forward;
            if let Some(elsewhere) = elsewhere {
                mode.target = elsewhere;
            }
        });
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn forward(mut client: TcpStream, target: String, manner: Manner) {
    match manner {
        Manner::Forward => {}
        Manner::Freeze => std::future::pending::<()>().await,
        Manner::Refuse => return,
    }
    // Nobody may be there, as while a server restarts.
    let Ok(mut server) = TcpStream::connect(target).await else {
        return;
    };
    // Small frames would wait here for delayed acknowledgements, and arrive in one lump.
    client.set_nodelay(true).unwrap();
    server.set_nodelay(true).unwrap();
    drop(copy_bidirectional(&mut client, &mut server).await);
}

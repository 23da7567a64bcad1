//! What stands between a service and what it needs, and lets go.

use std::net::SocketAddr;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, copy},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinHandle,
};

/// Forwards connections until they are cut, takes them and says nothing, or refuses them.
pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    mode: watch::Sender<Mode>,
    accepting: JoinHandle<()>,
}

#[derive(Clone)]
struct Mode {
    /// Grows with each cut.
    cuts: u32,
    manner: Manner,
    muted: bool,
    unlimited: bool,
    target: String,
}

#[derive(Clone, Copy, PartialEq)]
enum Manner {
    Forward,
    Freeze,
    Refuse,
}

impl Proxy {
    pub(crate) async fn start(target: String) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (mode, watched) = watch::channel(Mode {
            cuts: 0,
            manner: Manner::Forward,
            muted: false,
            unlimited: false,
            target,
        });
        let accepting = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let mut mode = watched.clone();
                let Mode {
                    cuts,
                    manner,
                    target,
                    ..
                } = mode.borrow().clone();
                let speaking = watched.clone();
                tokio::spawn(async move {
                    tokio::select! {
                        () = forward(client, target, manner, speaking) => {}
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
    pub(crate) fn cut(&self) {
        self.mode.send_modify(|mode| mode.cuts += 1);
    }

    /// Takes new connections and never answers.
    pub(crate) fn freeze(&self) {
        self.mode.send_modify(|mode| mode.manner = Manner::Freeze);
    }

    /// Breaks every connection, and those that come.
    pub(crate) fn refuse(&self) {
        self.mode.send_modify(|mode| mode.manner = Manner::Refuse);
        self.cut();
    }

    /// Whether what clients say is kept from the server, which they still hear.
    pub(crate) fn mute(&self, muted: bool) {
        self.mode.send_modify(|mode| mode.muted = muted);
    }

    /// Keeps from a broker how many messages its clients take, so that it hands out all that it has.
    pub(crate) fn hide_prefetch(&self) {
        self.mode.send_modify(|mode| mode.unlimited = true);
    }

    /// Forwards again, to another place if one is given.
    pub(crate) fn forward(&self, elsewhere: Option<String>) {
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

async fn forward(
    client: TcpStream,
    target: String,
    manner: Manner,
    mut mode: watch::Receiver<Mode>,
) {
    match manner {
        Manner::Forward => {}
        Manner::Freeze => std::future::pending::<()>().await,
        Manner::Refuse => return,
    }
    // Nobody may be there, as while a server restarts.
    let Ok(server) = TcpStream::connect(target).await else {
        return;
    };
    // Small frames would wait here for delayed acknowledgements, and arrive in one lump.
    client.set_nodelay(true).unwrap();
    server.set_nodelay(true).unwrap();
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let speaking = async {
        let mut bytes = vec![0; 64 * 1024];
        loop {
            let read = from_client.read(&mut bytes).await?;
            if read == 0 || mode.wait_for(|mode| !mode.muted).await.is_err() {
                return to_server.shutdown().await;
            }
            if mode.borrow().unlimited {
                without_prefetch(&mut bytes[..read]);
            }
            to_server.write_all(&bytes[..read]).await?;
        }
    };
    let hearing = async {
        copy(&mut from_server, &mut to_client).await?;
        to_client.shutdown().await
    };
    drop(tokio::try_join!(speaking, hearing));
}

/// Asks for any number of messages, where a `basic.qos` asks for some.
fn without_prefetch(bytes: &mut [u8]) {
    /// The length of its frame, its class and method, and their size, for which there is no limit either.
    const QOS: [u8; 12] = [0, 0, 0, 11, 0, 60, 0, 10, 0, 0, 0, 0];
    let start = bytes.windows(QOS.len()).position(|some| some == QOS);
    if let Some(prefetch) = start.and_then(|start| bytes.get_mut(start + QOS.len()..)) {
        prefetch[..2].fill(0);
    }
}

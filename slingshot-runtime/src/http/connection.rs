//! One client's connection: how long it lives, and how slow the client may be.

use std::{net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use hyper::service::service_fn;
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto::Builder,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    sync::{OwnedSemaphorePermit, oneshot},
    time::Instant,
};

use super::{
    activity::{Activity, Ending},
    admission::MOST_HEADERS,
    client::Client,
    request::Conversation,
    server::Server,
    small_writes::SmallWrites,
};

/// The most bytes of a read, and of an answer that waits for its reader: hyper's own. Uploads are slower with less.
const BUFFER: usize = 400 * 1024;

/// How many requests of one HTTP/2 connection are answered at once.
const STREAMS: u32 = 256;

/// How often an HTTP/2 client is asked whether it is still there, and how long it may take to say so.
const PING: Duration = Duration::from_secs(20);

/// Who has connected.
#[derive(Debug)]
pub(super) struct Peer {
    pub(super) address: SocketAddr,
    /// One of the connections that may be open.
    pub(super) place: OwnedSemaphorePermit,
}

/// Answers a client until it leaves or the connection is ended.
pub(super) async fn serve(
    connection: TcpStream,
    peer: Peer,
    server: Arc<Server>,
    activity: Arc<Activity>,
    ended: oneshot::Receiver<Ending>,
) {
    let _place = peer.place;
    let Some(tls) = server.tls() else {
        let client = Client::plain(peer.address, activity);
        return answer_all(connection, client, server, ended).await;
    };
    // The handshake has a limit of its own.
    activity.begins();
    if let Some(connection) = tls.accept(connection).await {
        activity.rests(Instant::now());
        let client = Client::certified(peer.address, activity, tls.certified(&connection));
        answer_all(connection, client, server, ended).await;
    }
}

async fn answer_all(
    connection: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    client: Client,
    server: Arc<Server>,
    mut ended: oneshot::Receiver<Ending>,
) {
    let conversation = Arc::new(Conversation { server, client });
    let service = service_fn(|request| Arc::clone(&conversation).answer(request));
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .header_read_timeout(None)
        .max_buf_size(BUFFER);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .max_header_list_size(u32::try_from(MOST_HEADERS).unwrap_or(u32::MAX))
        .keep_alive_interval(PING)
        .keep_alive_timeout(PING);
    let connection = TokioIo::new(SmallWrites(connection));
    let mut serving = pin!(builder.serve_connection(connection, service));
    let served = tokio::select! {
        biased;
        served = serving.as_mut() => served,
        ending = &mut ended => match ending {
            Ok(Ending::HangUp) => return tracing::debug!("a client sent or read nothing for too long"),
            // Also if nobody is left who could tell.
            Ok(Ending::Stop) | Err(_) => {
                serving.as_mut().graceful_shutdown();
                serving.await
            }
        }
    };
    if let Err(error) = served {
        tracing::trace!(%error, "a client left");
    }
}

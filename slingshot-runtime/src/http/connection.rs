//! One client's connection: how long it lives, and how slow the client may be.

use std::{net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use futures_util::{StreamExt as _, stream::FuturesUnordered};
use hyper::service::service_fn;
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto::Builder,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    sync::{OwnedSemaphorePermit, watch},
};

use super::{
    admission::MOST_HEADERS, alarm::Alarm, client::Client, opening::Opening, request::Conversation,
    server::Server, small_writes::SmallWrites,
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

/// Answers a client until it leaves, idles for too long, or the server stops.
pub(super) async fn serve(
    connection: TcpStream,
    peer: Peer,
    server: Arc<Server>,
    stopped: watch::Receiver<bool>,
) {
    let _place = peer.place;
    let Some(tls) = server.tls() else {
        let client = Client::plain(peer.address);
        return answer_all(connection, client, server, stopped).await;
    };
    if let Some(connection) = tls.accept(connection).await {
        let client = Client::certified(peer.address, tls.certified(&connection));
        answer_all(connection, client, server, stopped).await;
    }
}

async fn answer_all(
    connection: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    client: Client,
    server: Arc<Server>,
    mut stopped: watch::Receiver<bool>,
) {
    let idle = server.keep_alive();
    let hang_up = client.hang_up.clone();
    let conversation = Arc::new(Conversation { server, client });
    let service = service_fn(|request| Arc::clone(&conversation).answer(request));
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(Alarm::default())
        .header_read_timeout(idle)
        .max_buf_size(BUFFER);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .max_header_list_size(u32::try_from(MOST_HEADERS).unwrap_or(u32::MAX))
        .keep_alive_interval(PING)
        .keep_alive_timeout(PING);
    let opening = Opening::within(idle, SmallWrites(connection));
    let mut serving = pin!(builder.serve_connection(TokioIo::new(opening), service));
    let ending = async {
        tokio::select! {
            () = hang_up.cancelled() => Ending::HangUp,
            () = stop(&mut stopped) => Ending::Stop,
        }
    };
    // Looked at when it is woken, and not with every request.
    let mut ending: FuturesUnordered<_> = [ending].into_iter().collect();
    let served = tokio::select! {
        served = serving.as_mut() => served,
        ending = ending.select_next_some() => match ending {
            Ending::HangUp => return tracing::debug!("a client stopped reading"),
            Ending::Stop => {
                serving.as_mut().graceful_shutdown();
                serving.await
            }
        }
    };
    if let Err(error) = served {
        tracing::trace!(%error, "a client left");
    }
}

/// Why a connection ends that the client would have kept.
enum Ending {
    HangUp,
    Stop,
}

/// Waits until the server stops.
async fn stop(stopped: &mut watch::Receiver<bool>) {
    if stopped.wait_for(|stopped| *stopped).await.is_err() {
        tracing::trace!("the server is gone");
    }
}

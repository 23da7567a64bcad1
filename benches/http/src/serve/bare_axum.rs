//! axum in its fastest shape: a current-thread runtime for each core, each with a listener of its own.

use std::{net::SocketAddr, thread};

use axum::{Json, Router, body::Bytes, extract::Path, routing::{get, post}};
use socket2::{Domain, Socket, Type};
use tokio::sync::{mpsc, oneshot};

use super::{Answer, Envelope};

pub(super) fn serve(port: u16) -> anyhow::Result<()> {
    let cores = thread::available_parallelism()?.get();
    let threads: Vec<_> = (0..cores)
        .map(|_| thread::spawn(move || serve_on_one_core(port)))
        .collect();
    for thread in threads {
        thread.join().expect("a server does not panic")?;
    }
    Ok(())
}

fn serve_on_one_core(port: u16) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        socket.set_reuse_port(true)?;
        socket.set_reuse_address(true)?;
        socket.set_nonblocking(true)?;
        socket.bind(&address.into())?;
        socket.listen(1_024)?;
        let listener = tokio::net::TcpListener::from_std(socket.into())?;
        let (work, mut works) = mpsc::channel::<(String, oneshot::Sender<String>)>(1_024);
        tokio::spawn(async move {
            while let Some((data, reply)) = works.recv().await {
                drop(reply.send(data));
            }
        });
        let limit = axum::extract::DefaultBodyLimit::disable();
        let router = Router::new()
            .route("/echo", post(echo))
            .route("/relay", post(move |body: Bytes| relay(body, work.clone())))
            .route("/stream/upload/{name}", post(upload))
            .route("/stream/download/{size}", get(download))
            .layer(limit);
        let listener = axum::serve::ListenerExt::tap_io(listener, |stream| {
            drop(stream.set_nodelay(true));
        });
        axum::serve(listener, router).await?;
        Ok(())
    })
}

async fn echo(body: Bytes) -> Json<Answer> {
    let envelope: Envelope = serde_json::from_slice(&body).expect("an envelope");
    Json(Answer::of(envelope.data))
}

/// One hop to another task and back.
async fn relay(body: Bytes, work: mpsc::Sender<(String, oneshot::Sender<String>)>) -> Json<Answer> {
    let envelope: Envelope = serde_json::from_slice(&body).expect("an envelope");
    let (reply, answer) = oneshot::channel();
    work.send((envelope.data, reply)).await.expect("a worker");
    Json(Answer::of(answer.await.expect("an answer")))
}

/// Reads a stream and counts it.
async fn upload(body: axum::body::Body) -> String {
    use futures_util::StreamExt as _;

    let mut chunks = body.into_data_stream();
    let mut size = 0;
    while let Some(chunk) = chunks.next().await {
        size += chunk.expect("a chunk").len();
    }
    size.to_string()
}

/// Sends a stream of that many bytes.
async fn download(Path(size): Path<u64>) -> axum::response::Response {
    use tokio::io::AsyncReadExt as _;

    let content = tokio::io::repeat(b'x').take(size);
    let chunks = tokio_util::io::ReaderStream::with_capacity(content, 64 * 1024);
    let mut response = axum::response::Response::new(axum::body::Body::from_stream(chunks));
    let headers = response.headers_mut();
    headers.insert("content-length", size.into());
    response
}

//! A way to an object store that fails as it is told to.

use std::{
    collections::VecDeque,
    net::SocketAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
    time::sleep,
};

/// What becomes of one connection.
#[derive(Clone, Copy, Debug)]
pub(super) enum Fault {
    /// It breaks once the store has answered so many bytes.
    CutAnswer(u64),
    /// It breaks once the store has been sent so many bytes.
    CutRequest(u64),
    /// Its first request is answered with a status, and then it ends.
    Status(u16),
    /// Nothing passes for a while, and then everything does.
    Pause(Duration),
}

/// Connections beyond the last fault are forwarded.
pub(super) struct Faulty {
    pub(super) address: SocketAddr,
    connections: Arc<AtomicUsize>,
    accepting: JoinHandle<()>,
}

impl Faulty {
    pub(super) async fn start(store: SocketAddr, faults: &[Fault]) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let faults = Arc::new(Mutex::new(VecDeque::from(faults.to_vec())));
        let connections = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&connections);
        let accepting = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::Relaxed);
                let mut faults = faults.lock().unwrap_or_else(PoisonError::into_inner);
                tokio::spawn(serve(client, store, faults.pop_front()));
            }
        });
        Self {
            address,
            connections,
            accepting,
        }
    }

    /// How many connections there have been.
    pub(super) fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }
}

impl Drop for Faulty {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn serve(mut client: TcpStream, store: SocketAddr, fault: Option<Fault>) {
    let mut server = TcpStream::connect(store).await.unwrap();
    let (mut from_client, mut to_client) = client.split();
    let (mut from_server, mut to_server) = server.split();
    match fault {
        Some(Fault::CutAnswer(bytes)) => {
            let mut answer = from_server.take(bytes);
            tokio::select! {
                _ = tokio::io::copy(&mut answer, &mut to_client) => {}
                _ = tokio::io::copy(&mut from_client, &mut to_server) => {}
            }
        }
        Some(Fault::CutRequest(bytes)) => {
            let mut request = from_client.take(bytes);
            tokio::select! {
                _ = tokio::io::copy(&mut request, &mut to_server) => {}
                _ = tokio::io::copy(&mut from_server, &mut to_client) => {}
            }
        }
        Some(Fault::Status(status)) => {
            let answer =
                format!("HTTP/1.1 {status} -\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            let mut request = [0; 1024];
            let _ = from_client.read(&mut request).await.unwrap();
            to_client.write_all(answer.as_bytes()).await.unwrap();
            to_client.shutdown().await.unwrap();
            // Closed with unread bytes, the connection would be reset before the answer is read.
            drop(tokio::io::copy(&mut from_client, &mut tokio::io::sink()).await);
        }
        Some(Fault::Pause(length)) => {
            sleep(length).await;
            drop(copy_bidirectional(&mut client, &mut server).await);
        }
        None => drop(copy_bidirectional(&mut client, &mut server).await),
    }
}

//! A connection's two tasks: one reads and serves, one writes. Both end together.

use std::{sync::Arc, time::Duration};

use amq_protocol::protocol::{
    AMQPClass,
    connection::{self, AMQPMethod},
};
use bytes::{Buf, BytesMut};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    time::{Instant, timeout, timeout_at},
};

use super::{
    Shared, frame,
    handshake::{self, PROTOCOL_HEADER},
    output::Output,
    session::{Session, Stage},
};

/// From the first byte to an open connection; RabbitMQ's default.
const HANDSHAKE_TIME: Duration = Duration::from_secs(10);
/// For the client to agree to a closing, and for the last bytes to leave.
const CLOSING_TIME: Duration = Duration::from_secs(3);
/// What one read takes at most.
const READ_SIZE: usize = 64 << 10;

/// Serves a connection to its end.
pub(super) async fn serve(stream: TcpStream, id: u64, shared: Arc<Shared>) {
    if stream.set_nodelay(true).is_err() {
        return;
    }
    let (reader, writer) = stream.into_split();
    let output = Arc::new(Output::new());
    let mut writing = tokio::spawn(write(writer, id, Arc::clone(&output), Arc::clone(&shared)));
    let reading = async {
        tokio::select! {
            () = read(reader, Session::new(id, Arc::clone(&output)), &shared) => {}
            () = shared.shutdown.cancelled() => {}
        }
    };
    tokio::select! {
        () = reading => {}
        // The peer cannot be written to.
        _ = &mut writing => {}
    }
    shared.lock().disconnect(id);
    output.finish();
    // One that has ended was awaited above, perhaps, and cannot be again.
    if !writing.is_finished() && timeout(CLOSING_TIME, &mut writing).await.is_err() {
        writing.abort();
    }
}

async fn write(mut stream: OwnedWriteHalf, id: u64, output: Arc<Output>, shared: Arc<Shared>) {
    let mut bytes = Vec::new();
    while output.next(&mut bytes).await {
        let taken = bytes.len();
        if bytes.is_empty() {
            bytes.extend_from_slice(&frame::HEARTBEAT);
        }
        if stream.write_all(&bytes).await.is_err() {
            return;
        }
        if output.written(taken) {
            shared.lock().resume_connection(id);
        }
    }
    if let Err(error) = stream.shutdown().await {
        tracing::debug!(connection = id, %error, "the peer was gone first");
    }
}

async fn read(mut stream: OwnedReadHalf, mut session: Session, shared: &Shared) {
    let handshake_ends = Instant::now() + HANDSHAKE_TIME;
    let mut buffer = BytesMut::with_capacity(READ_SIZE);
    while buffer.len() < PROTOCOL_HEADER.len() {
        let read = timeout_at(handshake_ends, stream.read_buf(&mut buffer)).await;
        if !matches!(read, Ok(Ok(1..))) {
            return;
        }
    }
    if !buffer.starts_with(&PROTOCOL_HEADER) {
        session.output.raw(&PROTOCOL_HEADER);
        return;
    }
    buffer.advance(PROTOCOL_HEADER.len());
    session
        .output
        .method(0, AMQPClass::Connection(handshake::start()));
    let mut closing_ends = None;
    loop {
        session.process(&mut buffer, &mut shared.lock(), &shared.credentials);
        let last_word = match session.stage {
            Stage::Done => return,
            Stage::Closing => {
                Some(*closing_ends.get_or_insert_with(|| Instant::now() + CLOSING_TIME))
            }
            Stage::Authenticating | Stage::Tuning | Stage::Opening => Some(handshake_ends),
            Stage::Running => None,
        };
        if !session.output.has_room() {
            // What it asked for has to be read before it may ask for more.
            if session.output.room().await {
                continue;
            }
            return;
        }
        if session.take_published() {
            wait_for_memory(&session, shared).await;
        }
        buffer.reserve(READ_SIZE);
        let silence = Duration::from_secs(session.tuning.heartbeat.into()) * 2;
        let deadline = match last_word {
            Some(at) => Some(at),
            None if silence.is_zero() => None,
            None => Some(Instant::now() + silence),
        };
        let read = stream.read_buf(&mut buffer);
        let read = match deadline {
            Some(at) => timeout_at(at, read).await,
            None => Ok(read.await),
        };
        if !matches!(read, Ok(Ok(1..))) {
            return;
        }
    }
}

/// Makes a pure publisher wait while messages hold too much memory.
async fn wait_for_memory(session: &Session, shared: &Shared) {
    if !shared.memory.is_short() || shared.lock().consumes(session.id) {
        return;
    }
    let tell = |method| {
        if session.abilities.blocked {
            session.output.method(0, AMQPClass::Connection(method));
        }
    };
    tell(AMQPMethod::Blocked(connection::Blocked {
        reason: "low on memory".into(),
    }));
    shared.memory.relief().await;
    tell(AMQPMethod::Unblocked(connection::Unblocked {}));
}

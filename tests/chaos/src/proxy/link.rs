//! One forwarded connection.

use std::{
    future::pending,
    io,
    net::SocketAddr,
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        TcpStream,
        tcp::{ReadHalf, WriteHalf},
    },
    sync::watch,
    time::{sleep, timeout},
};

use super::{CommitCut, Door, Weather};
use crate::tap::{Direction, TappedConnection};

/// What is passed on at once.
const PIECE: usize = 16 * 1024;

/// How long a client may take for the request that gets an answer from here.
const REQUEST: Duration = Duration::from_secs(10);

const COMMIT: &[u8] = b"COMMIT";

/// Forwards a connection until it ends or is broken.
pub(super) async fn run(
    mut client: TcpStream,
    target: SocketAddr,
    weather: watch::Receiver<Weather>,
    tapped: Option<TappedConnection>,
) {
    let born = weather.borrow().clone();
    let ended = match born.door {
        Door::Shut => Ended::Broken,
        Door::Answering(answer) => match timeout(REQUEST, answer.give(&mut client)).await {
            Ok(Ok(())) => Ended::Closed,
            _ => Ended::Broken,
        },
        Door::Open | Door::Torn { .. } => {
            // A dependency that is down resets too, rather than to let its client wait.
            match TcpStream::connect(target).await {
                Ok(server) => forward(&mut client, server, born, weather, tapped).await,
                Err(_) => Ended::Broken,
            }
        }
    };
    if ended == Ended::Broken {
        reset(&client);
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ended {
    Closed,
    Broken,
}

async fn forward(
    client: &mut TcpStream,
    mut server: TcpStream,
    born: Weather,
    mut weather: watch::Receiver<Weather>,
    tapped: Option<TappedConnection>,
) -> Ended {
    // Small frames would wait here for delayed acknowledgements, and arrive in one lump.
    if client.set_nodelay(true).is_err() || server.set_nodelay(true).is_err() {
        return Ended::Broken;
    }
    let link = Link {
        weather: weather.clone(),
        tapped: tapped.map(Mutex::new),
        answer_is_lost: AtomicBool::new(false),
        born: born.clone(),
    };
    let (from_client, to_client) = client.split();
    let (from_server, to_server) = server.split();
    let ended = tokio::select! {
        ended = link.pump(Direction::ToServer, from_client, to_server) => ended,
        ended = link.pump(Direction::ToClient, from_server, to_client) => ended,
        _ = weather.wait_for(|now| now.cuts > born.cuts) => Ok(Ended::Broken),
    };
    let ended = ended.unwrap_or(Ended::Broken);
    if ended == Ended::Broken {
        reset(&server);
    }
    ended
}

/// A connection that breaks does not say goodbye.
fn reset(connection: &TcpStream) {
    // One that is closed already cannot be reset, and need not be.
    connection.set_zero_linger().ok();
}

struct Link {
    weather: watch::Receiver<Weather>,
    tapped: Option<Mutex<TappedConnection>>,
    /// A commit went through, and its answer is not to arrive.
    answer_is_lost: AtomicBool,
    born: Weather,
}

impl Link {
    async fn pump(
        &self,
        direction: Direction,
        mut from: ReadHalf<'_>,
        mut to: WriteHalf<'_>,
    ) -> io::Result<Ended> {
        let mut piece = vec![0; PIECE];
        let mut passed = 0;
        loop {
            let count = from.read(&mut piece).await?;
            if count == 0 {
                return Ok(Ended::Closed);
            }
            let now = self.weather.borrow().clone();
            if now.silences > self.born.silences {
                pending::<()>().await;
            }
            if !now.delay.is_zero() {
                sleep(now.delay).await;
            }
            if self.breaks_at_commit(direction, now.commits, &piece[..count]) {
                return Ok(Ended::Broken);
            }
            let mut rest = count;
            if let (Direction::ToClient, Door::Torn { after }) = (direction, self.born.door) {
                rest = rest.min(after - passed);
            }
            to.write_all(&piece[..rest]).await?;
            passed += rest;
            if let Some(tapped) = &self.tapped {
                let mut tapped = tapped
                    .lock()
                    .unwrap_or_else(std::sync::PoisonError::into_inner);
                tapped.saw(direction, &piece[..rest]);
            }
            if rest < count {
                return Ok(Ended::Broken);
            }
        }
    }

    /// Whether the connection breaks here and now, because of a commit.
    fn breaks_at_commit(&self, direction: Direction, cut: Option<CommitCut>, piece: &[u8]) -> bool {
        match direction {
            Direction::ToClient => self.answer_is_lost.load(Ordering::Relaxed),
            Direction::ToServer => {
                let commits = cut.is_some() && piece.windows(COMMIT.len()).any(|at| at == COMMIT);
                if commits && cut == Some(CommitCut::After) {
                    self.answer_is_lost.store(true, Ordering::Relaxed);
                }
                commits && cut == Some(CommitCut::Before)
            }
        }
    }
}

//! What stands between the services and each thing that they depend on, and lets go.

mod answers;
mod link;

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use anyhow::Result;
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};

pub(crate) use self::answers::Answer;
use crate::tap::Tap;

/// A TCP proxy of one dependency.
#[derive(Debug)]
pub(crate) struct Proxy {
    address: SocketAddr,
    weather: watch::Sender<Weather>,
    accepting: JoinHandle<()>,
}

/// What befalls connections now.
#[derive(Clone, Debug, Default)]
struct Weather {
    /// Grows with each cut: connections from before it are reset.
    cuts: u64,
    /// Grows with each silence: nothing passes any more on connections from before it.
    silences: u64,
    door: Door,
    /// How long each piece waits before it is passed on.
    delay: Duration,
    /// What meets a `COMMIT` on its way to PostgreSQL.
    commits: Option<CommitCut>,
}

/// What becomes of a new connection.
#[derive(Clone, Copy, Debug, Default)]
enum Door {
    /// It is forwarded.
    #[default]
    Open,
    /// It is reset.
    Shut,
    /// It is forwarded until so many bytes have come back, and then reset.
    Torn { after: usize },
    /// It gets an HTTP answer from here.
    Answering(Answer),
}

/// On which side of the commit its connection breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CommitCut {
    /// PostgreSQL never hears of it.
    Before,
    /// PostgreSQL commits, and the answer does not arrive.
    After,
}

impl Proxy {
    /// Listens on a free port and forwards to `target`, past `tap` if there is one.
    pub(crate) async fn start(target: SocketAddr, tap: Option<Arc<Tap>>) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let (weather, watched) = watch::channel(Weather::default());
        let accepting = tokio::spawn(async move {
            loop {
                // Out of descriptors, say: the next one may have better luck.
                let Ok((client, _)) = listener.accept().await else {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                };
                let watched = watched.clone();
                let tapped = tap.as_ref().map(Tap::connection);
                tokio::spawn(link::run(client, target, watched, tapped));
            }
        });
        Ok(Self {
            address,
            weather,
            accepting,
        })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Resets every connection that there is.
    pub(crate) fn cut(&self) {
        self.weather.send_modify(|weather| weather.cuts += 1);
    }

    /// Lets nothing pass any more on the connections that there are, and leaves them open.
    pub(crate) fn silence(&self) {
        self.weather.send_modify(|weather| weather.silences += 1);
    }

    /// Resets what there is and what comes.
    pub(crate) fn shut(&self) {
        self.enter(Door::Shut);
    }

    /// Answers each HTTP request from here.
    pub(crate) fn answer(&self, answer: Answer) {
        self.enter(Door::Answering(answer));
    }

    /// Breaks each connection once so many bytes have come back on it.
    pub(crate) fn tear(&self, after: usize) {
        self.enter(Door::Torn { after });
    }

    /// Holds each piece back for a while.
    pub(crate) fn delay(&self, delay: Duration) {
        self.weather.send_modify(|weather| weather.delay = delay);
    }

    /// Breaks connections in the middle of their commits.
    pub(crate) fn cut_commits(&self, cut: CommitCut) {
        self.weather
            .send_modify(|weather| weather.commits = Some(cut));
    }

    /// Does no more harm. What was silenced or answered is cut, so that it does not outlast its fault.
    pub(crate) fn calm(&self) {
        self.weather.send_modify(|weather| {
            *weather = Weather {
                cuts: weather.cuts + u64::from(!matches!(weather.door, Door::Open)),
                silences: weather.silences,
                ..Weather::default()
            };
        });
    }

    fn enter(&self, door: Door) {
        self.weather.send_modify(|weather| {
            weather.cuts += 1;
            weather.door = door;
        });
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

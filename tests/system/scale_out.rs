//! Several processes of one service at one queue: how a service is scaled out and how it is deployed. They
//! share the work, and whatever becomes of one of them, nothing is lost.

use std::{
    cell::Cell,
    collections::BTreeMap,
    fs,
    path::PathBuf,
    process::{Child, Command},
    time::Duration,
};

use tokio::time::{Instant, sleep};

use crate::{brokers::Target, conformance::on_both_brokers, services::host::Host};

on_both_brokers!(
    two_processes_share_the_work,
    three_processes_share_the_work,
    nothing_is_lost_when_one_of_three_is_killed,
    a_rolling_restart_loses_nothing_and_repeats_nothing,
);

const LOOK: Duration = Duration::from_millis(20);
/// How long a process may take to begin and to end, on a machine that does other things.
const PATIENCE: Duration = Duration::from_mins(1);

async fn two_processes_share_the_work(target: &Target) {
    share_the_work(target, 2).await;
}

async fn three_processes_share_the_work(target: &Target) {
    share_the_work(target, 3).await;
}

/// The broker hands out in turn to whoever has room: each does at least half of an equal part.
async fn share_the_work(target: &Target, processes: usize) {
    const MESSAGES: usize = 300;
    let host = Host::prepare(target, &format!("shared{processes}"), "signing").await;
    let mut peers = Vec::new();
    for number in 0..processes {
        peers.push(Peer::start(&host, number).await);
    }
    host.send_all(std::iter::repeat_n(20, MESSAGES)).await;
    host.depth_of("even", 300).await;
    let mut shares = BTreeMap::<String, usize>::new();
    for process in host.ids("even").await {
        *shares.entry(process).or_default() += 1;
    }
    let shown = format!("{shares:?}");
    for peer in peers {
        let share = shares.remove(&peer.process.id().to_string());
        assert!(share.unwrap_or(0) >= MESSAGES / processes / 2, "{shown}");
        peer.terminate().await;
    }
    assert!(shares.is_empty(), "{shown}");
}

async fn nothing_is_lost_when_one_of_three_is_killed(target: &Target) {
    const IDS: std::ops::Range<u64> = 100..1_600;
    let host = Host::prepare(target, "one.of.three", "obedient").await;
    let mut peers = Vec::new();
    for number in 0..3 {
        peers.push(Peer::start(&host, number).await);
    }
    let middle = async {
        arrived(&host, 400).await;
        peers.remove(0).kill();
    };
    tokio::join!(host.send_all(IDS), middle);
    host.all_arrive(IDS).await;
    assert_eq!(host.depth("dlq").await, 0);
    for peer in peers {
        peer.terminate().await;
    }
    assert_eq!(host.depth("in").await, 0);
}

/// Each old process is told to drain once its successor consumes, while messages come all the time.
async fn a_rolling_restart_loses_nothing_and_repeats_nothing(target: &Target) {
    const PROCESSES: usize = 3;
    let host = Host::prepare(target, "rolling", "obedient").await;
    let mut old = Vec::new();
    for number in 0..PROCESSES {
        old.push(Peer::start(&host, number).await);
    }
    let mut sent = 0;
    let restarted = Cell::new(false);
    let feeding = async {
        while !restarted.get() {
            host.send(100 + sent).await;
            sent += 1;
        }
    };
    let restarting = async {
        let mut new = Vec::new();
        for (number, peer) in old.into_iter().enumerate() {
            new.push(Peer::start(&host, PROCESSES + number).await);
            peer.terminate().await;
        }
        restarted.set(true);
        new
    };
    let (new, ()) = tokio::join!(restarting, feeding);
    arrived(&host, u32::try_from(sent).unwrap()).await;
    for peer in new {
        peer.terminate().await;
    }
    let mut arrived: Vec<u64> = Vec::new();
    for queue in ["even", "odd"] {
        arrived.extend(
            host.ids(queue)
                .await
                .iter()
                .map(|id| id.parse::<u64>().unwrap()),
        );
    }
    arrived.sort_unstable();
    assert_eq!(arrived, (100..100 + sent).collect::<Vec<_>>());
    assert_eq!(host.depth("dlq").await, 0);
}

/// Waits until so many results are there; as long as they may take, so that what is missing is named later.
async fn arrived(host: &Host, count: u32) {
    let deadline = Instant::now() + PATIENCE;
    while host.depth("even").await + host.depth("odd").await < count && Instant::now() < deadline {
        sleep(LOOK).await;
    }
}

/// One process of a host's service.
struct Peer {
    process: Child,
    log: PathBuf,
}

impl Peer {
    /// A process that consumes.
    async fn start(host: &Host, number: usize) -> Self {
        let log = host.place(&format!("peer.{number}"));
        let mut command: Command = host.command();
        let process = command.stderr(fs::File::create(&log).unwrap()).spawn();
        let mut peer = Self {
            process: process.unwrap(),
            log,
        };
        let deadline = Instant::now() + PATIENCE;
        while !peer.said().contains("\"consuming\"") {
            let running = peer.process.try_wait().unwrap().is_none();
            let waiting = running && Instant::now() < deadline;
            assert!(waiting, "it does not consume:\n{}", peer.said());
            sleep(LOOK).await;
        }
        peer
    }

    fn said(&self) -> String {
        fs::read_to_string(&self.log).unwrap()
    }

    fn kill(mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Has it drain, and waits until it has.
    async fn terminate(mut self) {
        let id = self.process.id().to_string();
        let sent = tokio::process::Command::new("kill")
            .args(["-TERM", &id])
            .status();
        assert!(sent.await.unwrap().success());
        let deadline = Instant::now() + PATIENCE;
        let status = loop {
            if let Some(status) = self.process.try_wait().unwrap() {
                break status;
            }
            assert!(
                Instant::now() < deadline,
                "it does not end:\n{}",
                self.said()
            );
            sleep(LOOK).await;
        };
        assert_eq!(status.code(), Some(0), "{}", self.said());
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // Nothing to kill once it has been waited for.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

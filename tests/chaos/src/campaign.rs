//! One run of the test: from the first id to the verdict.

use std::{
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use anyhow::{Context as _, Result, anyhow, bail};
use futures_util::future::try_join_all;
use tempfile::TempDir;
use tokio::time::{Instant, sleep, timeout};

use crate::{
    faults::{Fault, Kind, Struck},
    feed::Feed,
    inspection,
    pipeline::SERVICES,
    schedule::{self, Form, Round},
    system::System,
    table::{self, Recoveries, Table},
};

/// How long nothing at all may happen before the test takes the pipeline for dead. Longer than a
/// half-open connection lasts on a busy machine, and than any retry delay.
const PATIENCE: Duration = Duration::from_mins(4);

/// How often the test looks.
const LOOK: Duration = Duration::from_millis(100);

/// How often it asks the broker, which costs the start of an Erlang machine.
const ASK: Duration = Duration::from_secs(1);

/// A service that waits for work while a fault is to be recovered from gets this many ids more.
const MORE_IDS: u64 = 4;

/// Ids a second while faults strike: as many as keep every round busy to its end.
const RATE: u64 = 60;

/// The part of the ids that is kept for the end, when nothing is broken any more: one in so many.
const CALM_SHARE: u64 = 8;

/// What to run.
#[derive(Clone, Debug)]
pub(crate) struct Campaign {
    pub(crate) ids: u64,
    pub(crate) seed: u64,
    pub(crate) form: Form,
    /// What runs the middle service, if Python does.
    pub(crate) python: Option<PathBuf>,
    pub(crate) kinds: Vec<Kind>,
}

/// Runs a campaign in a directory of its own, and says whether all was well.
pub(crate) async fn run(campaign: Campaign, keep: bool) -> Result<bool> {
    let directory = tempfile::Builder::new()
        .prefix("slingshot-chaos.")
        .tempdir()?;
    table::remark(&format!(
        "seed {}, {} ids, in {}",
        campaign.seed,
        campaign.ids,
        directory.path().display()
    ));
    let enough = AtomicBool::new(false);
    let outcome = tokio::select! {
        outcome = attack(&campaign, directory.path(), &enough) => outcome,
        () = interrupted(&enough) => Err(anyhow!("interrupted")),
    };
    if keep || !matches!(outcome, Ok(true)) {
        kept(directory);
    }
    outcome
}

fn kept(directory: TempDir) {
    let path = directory.keep();
    table::remark(&format!("logs of every process are in {}", path.display()));
}

/// The first interrupt ends the faults, the second one the test.
async fn interrupted(enough: &AtomicBool) {
    tokio::signal::ctrl_c().await.ok();
    table::remark("no more faults; interrupt again to end without a verdict");
    enough.store(true, Ordering::Relaxed);
    tokio::signal::ctrl_c().await.ok();
}

async fn attack(campaign: &Campaign, directory: &Path, enough: &AtomicBool) -> Result<bool> {
    let begun = Instant::now();
    let system = System::start(directory, campaign.python.clone()).await?;
    table::remark(&format!("everything runs after {:.0?}", begun.elapsed()));
    let begun = Instant::now();
    let feed = Feed::start(system.rabbitmq.url(), RATE);
    let rounds = schedule::rounds(campaign.seed, campaign.form, &campaign.kinds);
    let under_faults = campaign.ids - campaign.ids / CALM_SHARE;
    let mut recoveries = Recoveries::default();
    let count = rounds.len() as u64;
    for (number, round) in (1..).zip(&rounds) {
        if enough.load(Ordering::Relaxed) {
            break;
        }
        feed.allow(under_faults * number / count.max(1));
        let done = format!("{number}/{count}");
        let struck = play(&system, &feed, round, &done, &mut recoveries).await;
        struck.with_context(|| format!("seed {}, round {number}", campaign.seed))?;
    }
    let attacked = begun.elapsed();
    let (calm, completed) = (Instant::now(), system.tap.count());
    feed.allow(campaign.ids);
    let fed = feed.all_fed().await;
    let stuck = finished(&system).await?;
    let calm_rate = rate(system.tap.count() - completed, calm.elapsed());
    drop(feed);
    system.fleet.retire().await?;
    let findings = inspection::inspect(&system, fed, stuck).await?;
    let table = Table {
        campaign,
        recoveries,
        findings,
        took: attacked,
        rate: rate(completed, attacked),
        calm_rate,
        traffic: SERVICES.map(|service| (service, system.tap.traffic(service))),
    };
    table.print();
    let well = table.findings.is_well();
    system.shutdown().await?;
    Ok(well)
}

#[expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]
fn rate(messages: u64, time: Duration) -> f64 {
    messages as f64 / time.as_secs_f64()
}

/// Strikes with the faults of a round, and waits until all that they hit works again.
async fn play(
    system: &System,
    feed: &Feed,
    round: &Round,
    done: &str,
    recoveries: &mut Recoveries,
) -> Result<()> {
    works(system, feed).await?;
    let struck = try_join_all(round.iter().map(|fault| fault.strike(system))).await?;
    // While another fault of the round lasts, there may be nothing to recover to.
    let over = struck.iter().map(|struck| struck.since).max();
    for (fault, struck) in round.iter().zip(struck) {
        let over = over.unwrap_or(struck.since);
        let took = recovered(system, feed, fault, struck, over).await?;
        let name = fault.kind.name();
        let alone = if round.len() == 1 {
            ""
        } else {
            " (among others)"
        };
        table::remark(&format!(
            "{done} {name}{alone}: {:.2} s",
            took.as_secs_f64()
        ));
        recoveries.add(fault.kind, took);
    }
    Ok(())
}

/// Waits for a message that is completed: a fault that strikes nothing shows nothing.
async fn works(system: &System, feed: &Feed) -> Result<()> {
    let before = system.tap.count();
    let works = async {
        while system.tap.count() == before {
            feed.top_up(MORE_IDS);
            sleep(LOOK).await;
        }
    };
    timeout(PATIENCE, works)
        .await
        .context("no service completes a message")
}

/// How long it took, from the round's end, until each service that a fault hit had completed a message.
async fn recovered(
    system: &System,
    feed: &Feed,
    fault: &Fault,
    struck: Struck,
    over: Instant,
) -> Result<Duration> {
    let Struck { services, sign, .. } = struck;
    let mut longest = Duration::ZERO;
    let all = async {
        for service in services {
            let at = system.tap.recovered(service, over, sign).await;
            longest = longest.max(at - over);
        }
    };
    let feeding = async {
        loop {
            sleep(LOOK).await;
            feed.top_up(MORE_IDS);
        }
    };
    tokio::select! {
        () = all => Ok(longest),
        () = feeding => unreachable!("the feed is topped up without end"),
        () = sleep(PATIENCE) => bail!("not recovered after {PATIENCE:?}: {}", fault.kind.name()),
    }
}

/// Waits until no queue but those of dead letters has a message. Returns what is left when nothing moves
/// any more.
async fn finished(system: &System) -> Result<Vec<(String, u64)>> {
    let mut moved = Instant::now();
    let mut last = (0, Vec::new());
    loop {
        let mut left = system.rabbitmq.queues().await?;
        left.retain(|(queue, count)| *count > 0 && inspection::service_of_dead(queue).is_none());
        let now = (system.tap.count(), left);
        if now.1.is_empty() && last == now {
            return Ok(Vec::new());
        }
        if last != now {
            moved = Instant::now();
        } else if moved.elapsed() > PATIENCE {
            return Ok(now.1);
        }
        last = now;
        sleep(ASK).await;
    }
}

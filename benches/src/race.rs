//! One race: a contestant drains the ids of one queue into another.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use tokio::time::{Instant, sleep};

use crate::{
    contestant::Contestant,
    engines::{Engines, Stage},
    process::{Process, Usage, counted},
    queues::{OUT, Queues},
};

/// After which a race is given up.
const PATIENCE: Duration = Duration::from_mins(5);

/// How often the arrivals are counted.
const GLANCE: Duration = Duration::from_millis(10);

/// How long the last acknowledgements may take after the last arrival.
const SETTLE: Duration = Duration::from_millis(300);

/// One race's result.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Measured {
    /// Ids a second.
    pub(crate) rate: f64,
    /// Microseconds of processor time an id.
    pub(crate) processor: f64,
    /// How often a thread went to sleep, an id.
    pub(crate) waits: f64,
}

/// What is counted apart, because counting takes time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Counted {
    /// Allocations an id.
    pub(crate) allocations: f64,
    /// System calls an id; none where `perf` may not count them.
    pub(crate) system_calls: Option<f64>,
}

struct Race<'a> {
    engines: &'a Engines,
    contestant: &'a Contestant,
    ids: u64,
    queues: Queues,
    stage: Stage,
    process: Process,
}

struct Moment {
    instant: Instant,
    arrived: u64,
    usage: Usage,
}

/// Takes the time.
pub(crate) async fn time(engines: &Engines, contestant: &Contestant, ids: u64) -> Result<Measured> {
    let mut race = Race::start(engines, contestant, ids).await?;
    let first = race.reached(ids / 10).await?;
    let last = race.reached(ids).await?;
    race.finish().await?;
    let passed = ratio(last.arrived - first.arrived, 1);
    let processor = last.usage.processor.saturating_sub(first.usage.processor);
    Ok(Measured {
        rate: passed / (last.instant - first.instant).as_secs_f64(),
        processor: processor.as_secs_f64() * 1e6 / passed,
        waits: ratio(last.usage.waits - first.usage.waits, 1) / passed,
    })
}

/// Takes counts.
pub(crate) async fn count(engines: &Engines, contestant: &Contestant, ids: u64) -> Result<Counted> {
    let mut race = Race::start(engines, contestant, ids).await?;
    let perf = race.process.count_system_calls();
    let first = race.reached(ids / 10).await?;
    let before = race.process.allocations().await?;
    let last = race.reached(ids).await?;
    let allocations = race.process.allocations().await? - before;
    race.finish().await?;
    let system_calls = match perf {
        Some(perf) => counted(perf).await,
        None => None,
    };
    Ok(Counted {
        allocations: ratio(allocations, last.arrived - first.arrived),
        system_calls: system_calls.map(|calls| ratio(calls, ids)),
    })
}

impl<'a> Race<'a> {
    async fn start(engines: &'a Engines, contestant: &'a Contestant, ids: u64) -> Result<Self> {
        let queues = Queues::fresh(&engines.rabbitmq).await?;
        queues.load(ids).await?;
        if contestant.rows {
            engines.fresh_table()?;
        }
        let stage = Stage::open(engines, contestant).await?;
        if let Some(size) = contestant.object_size {
            stage.fill(size).await?;
        }
        let process = contestant.spawn(engines, &stage)?;
        Ok(Self {
            engines,
            contestant,
            ids,
            queues,
            stage,
            process,
        })
    }

    async fn reached(&mut self, ids: u64) -> Result<Moment> {
        let start = Instant::now();
        loop {
            let arrived = self.queues.depth(OUT).await?;
            if arrived >= ids {
                return Ok(Moment {
                    instant: Instant::now(),
                    arrived,
                    usage: self.process.usage()?,
                });
            }
            self.process.ensure_lives()?;
            ensure!(start.elapsed() < PATIENCE, "{arrived} ids arrived in time");
            sleep(GLANCE).await;
        }
    }

    /// Ends the contestant, and checks its work.
    async fn finish(self) -> Result<()> {
        sleep(SETTLE).await;
        self.process.end().await?;
        self.queues.check(self.ids).await?;
        if self.contestant.rows {
            self.engines.check_table(self.ids)?;
        }
        if let Some(size) = self.contestant.object_size {
            self.stage
                .check_objects(self.ids, size)
                .await
                .context("the objects are not right")?;
        }
        self.stage.close().await;
        Ok(())
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]
fn ratio(count: u64, of: u64) -> f64 {
    count as f64 / of as f64
}

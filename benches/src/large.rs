//! One object that is larger than any buffer, read and written.

use std::time::Duration;

use anyhow::{Result, ensure};
use tokio::time::{Instant, sleep};

use crate::{
    contestant::Contestant,
    engines::{Engines, Stage},
    queues::{OUT, Queues},
    table,
};

const GIB: u64 = 1024 * 1024 * 1024;

/// After which it is given up.
const PATIENCE: Duration = Duration::from_mins(20);

/// The object's id: that of the only message.
const ID: u64 = 1;

pub(crate) async fn measure(engines: &Engines, gib: u64) -> Result<()> {
    table::say(&format!(
        "\nAn object of {gib} GiB read and written back: growth of the peak memory"
    ));
    for (title, name) in [("sync", "stream"), ("async", "stream-async")] {
        let mut contestant = Contestant::service(name, 1, 2);
        contestant.object_size = Some(0);
        let queues = Queues::fresh(&engines.rabbitmq).await?;
        let stage = Stage::open(engines, &contestant).await?;
        stage.fill_large(ID, gib * GIB).await?;
        let mut process = contestant.spawn(engines, &stage)?;
        while !queues.has_consumer().await? {
            process.ensure_lives()?;
            sleep(Duration::from_millis(50)).await;
        }
        let (before, _) = process.memory()?;
        let start = Instant::now();
        queues.load(ID).await?;
        while queues.depth(OUT).await? == 0 {
            process.ensure_lives()?;
            ensure!(start.elapsed() < PATIENCE, "the object was not copied");
            sleep(Duration::from_millis(50)).await;
        }
        let seconds = start.elapsed().as_secs_f64();
        let (_, peak) = process.memory()?;
        process.end().await?;
        queues.check(ID).await?;
        let size = stage.large_size(ID).await?;
        ensure!(
            size == Some(i64::try_from(gib * GIB)?),
            "it has {size:?} bytes"
        );
        table::say(&format!(
            "{title:<32}{:>8.1} MiB in {seconds:.0} s",
            table::mebibytes(peak - before)
        ));
        stage.close().await;
    }
    Ok(())
}

//! What a service costs that has nothing to do.

use std::time::Duration;

use anyhow::Result;
use tokio::time::{Instant, sleep};

use crate::{
    contestant::Contestant,
    engines::{Engines, Stage},
    queues::Queues,
    table,
};

/// After which a service is idle.
const REST: Duration = Duration::from_secs(30);

/// For how long its wake-ups are counted.
const WATCH: Duration = Duration::from_mins(1);

pub(crate) async fn measure(engines: &Engines) -> Result<()> {
    table::say(
        "\nAn idle service: memory after 30 s, and how often a thread of it woke up in the minute after",
    );
    for (title, name) in [
        ("without files and database", "pass"),
        ("with files and database", "everything"),
    ] {
        let mut contestant = Contestant::service(name, 8, 16);
        contestant.object_size = Some(0);
        let queues = Queues::fresh(&engines.rabbitmq).await?;
        let stage = Stage::open(engines, &contestant).await?;
        let mut process = contestant.spawn(engines, &stage)?;
        let start = Instant::now();
        while !queues.has_consumer().await? {
            process.ensure_lives()?;
            anyhow::ensure!(start.elapsed() < REST, "the service does not consume");
            sleep(Duration::from_millis(50)).await;
        }
        sleep(REST).await;
        let (resident, _) = process.memory()?;
        let before = process.usage()?;
        sleep(WATCH).await;
        let after = process.usage()?;
        table::say(&format!(
            "{title:<32}{:>8.1} MiB{:>6} wake-ups{:>8.1} ms of processor time",
            table::mebibytes(resident),
            after.waits - before.waits,
            (after.processor.saturating_sub(before.processor)).as_secs_f64() * 1e3,
        ));
        process.end().await?;
        stage.close().await;
    }
    Ok(())
}

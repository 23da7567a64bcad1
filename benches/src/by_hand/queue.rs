//! Messages passed on.

use std::time::Duration;

use anyhow::Result;
use futures_util::{StreamExt as _, future::Either, stream::FuturesUnordered};
use rustix::time::{ClockId, clock_gettime};

use super::{Line, Way, pass, pass_body};

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Work {
    #[command(flatten)]
    way: Way,
    /// Pass on bodies and nothing else
    #[arg(long)]
    bare: bool,
    /// Compute with each for so many milliseconds of the processor's time
    #[arg(long, default_value_t = 0)]
    compute: u64,
}

impl Work {
    pub(crate) async fn run(self) -> Result<()> {
        let mut line = Line::open(&self.way).await?;
        let mut publishing = FuturesUnordered::new();
        loop {
            tokio::select! {
                biased;
                Some(tag) = publishing.next() => line.ack(tag?)?,
                delivery = line.next() => {
                    let (channel, delivery) = (line.channel.clone(), delivery?);
                    compute(Duration::from_millis(self.compute));
                    publishing.push(if self.bare {
                        Either::Left(pass_body(channel, delivery))
                    } else {
                        Either::Right(pass(channel, delivery))
                    });
                }
            }
        }
    }
}

/// Does nothing of use.
fn compute(time: Duration) {
    if time.is_zero() {
        return;
    }
    let taken =
        || Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).unwrap_or(Duration::MAX);
    let start = taken();
    while taken().saturating_sub(start) < time {}
}

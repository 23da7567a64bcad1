//! Messages passed on.

use anyhow::Result;
use futures_util::{StreamExt as _, future::Either, stream::FuturesUnordered};

use super::{Line, Way, pass, pass_body};

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Work {
    #[command(flatten)]
    way: Way,
    /// Pass on bodies and nothing else
    #[arg(long)]
    bare: bool,
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

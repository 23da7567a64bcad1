//! Messages passed on.

use anyhow::Result;
use futures_util::{StreamExt as _, stream::FuturesUnordered};

use super::{Line, pass};

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Work {
    #[arg(long)]
    rabbitmq: String,
    #[arg(long)]
    prefetch: u16,
}

impl Work {
    pub(crate) async fn run(self) -> Result<()> {
        let mut line = Line::open(&self.rabbitmq, self.prefetch).await?;
        let mut publishing = FuturesUnordered::new();
        loop {
            tokio::select! {
                biased;
                Some(tag) = publishing.next() => line.ack(tag?)?,
                delivery = line.next() => publishing.push(pass(line.channel.clone(), delivery?)),
            }
        }
    }
}

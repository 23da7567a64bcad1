//! The ids that go in: each published until the broker has confirmed it, whatever happens meanwhile.

use std::{collections::VecDeque, time::Duration};

use anyhow::{Result, bail};
use futures_util::future::join_all;
use lapin::{
    BasicProperties, Channel, Confirmation, Connection, ConnectionProperties,
    options::{BasicPublishOptions, ConfirmSelectOptions, QueueDeclareOptions},
    types::FieldTable,
};
use tokio::{
    sync::watch,
    task::JoinHandle,
    time::{sleep, timeout},
};

/// Ids are published in lots.
const LOT: Duration = Duration::from_millis(50);

/// A broker that is going down may take a message and never say so.
const CONFIRMED: Duration = Duration::from_secs(20);

const QUEUE: &str = "chaos.split";

/// Feeds ids from 1 on, as many as are allowed by now.
#[derive(Debug)]
pub(crate) struct Feed {
    allowed: watch::Sender<u64>,
    fed: watch::Receiver<u64>,
    task: JoinHandle<()>,
}

impl Feed {
    /// Feeds at most `rate` ids a second to the broker at `url`.
    pub(crate) fn start(url: String, rate: u64) -> Self {
        let (allowed, may) = watch::channel(0);
        let (done, fed) = watch::channel(0);
        let task = tokio::spawn(async move { keep_feeding(&url, rate, may, done).await });
        Self { allowed, fed, task }
    }

    /// Lets ids in up to this one. Never takes back what was allowed.
    pub(crate) fn allow(&self, last: u64) {
        self.allowed
            .send_modify(|allowed| *allowed = last.max(*allowed));
    }

    /// Lets some more in if all that are allowed are in.
    pub(crate) fn top_up(&self, more: u64) {
        let fed = self.fed();
        if fed == *self.allowed.borrow() {
            self.allow(fed + more);
        }
    }

    /// The last id that was confirmed, and all before it.
    pub(crate) fn fed(&self) -> u64 {
        *self.fed.borrow()
    }

    /// Waits until all that are allowed are in.
    pub(crate) async fn all_fed(&self) -> u64 {
        let allowed = *self.allowed.borrow();
        // The task lives as long as this does.
        self.fed.clone().wait_for(|fed| *fed >= allowed).await.ok();
        allowed
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn keep_feeding(
    url: &str,
    rate: u64,
    mut allowed: watch::Receiver<u64>,
    done: watch::Sender<u64>,
) {
    let lot = (rate / 20).max(1);
    let mut fed = 0;
    let mut channel = None;
    loop {
        // Without a sender there is nobody to feed for.
        let Ok(last) = allowed.wait_for(|last| *last > fed).await.map(|last| *last) else {
            return;
        };
        let mut waiting: VecDeque<u64> = (fed + 1..=last.min(fed + lot)).collect();
        let next = fed + waiting.len() as u64;
        while !waiting.is_empty() {
            match publish(url, &mut channel, &mut waiting).await {
                Ok(()) => {}
                Err(_) => {
                    channel = None;
                    sleep(LOT).await;
                }
            }
        }
        fed = next;
        done.send_replace(fed);
        sleep(LOT).await;
    }
}

type Open = Option<(Connection, Channel)>;

/// Publishes what waits; what was not confirmed waits again. A repeated message bears the same id.
async fn publish(url: &str, open: &mut Open, waiting: &mut VecDeque<u64>) -> Result<()> {
    if open.is_none() {
        *open = Some(timeout(CONFIRMED, connect(url)).await??);
    }
    let Some((_, channel)) = open else {
        return Ok(());
    };
    let options = BasicPublishOptions {
        mandatory: true,
        ..Default::default()
    };
    let ids: Vec<_> = waiting.iter().copied().collect();
    let published = ids.iter().map(async |id| {
        let properties = BasicProperties::default()
            .with_delivery_mode(2)
            .with_message_id(format!("in-{id}").into());
        let body = id.to_string();
        let publish = channel.basic_publish(
            "".into(),
            QUEUE.into(),
            options,
            body.as_bytes(),
            properties,
        );
        timeout(CONFIRMED, async { publish.await?.await }).await
    });
    let mut refused = VecDeque::new();
    for (id, confirmation) in ids.iter().zip(join_all(published).await) {
        if !matches!(confirmation, Ok(Ok(Confirmation::Ack(None)))) {
            refused.push_back(*id);
        }
    }
    *waiting = refused;
    if !waiting.is_empty() {
        bail!("{} messages are not confirmed", waiting.len());
    }
    Ok(())
}

async fn connect(url: &str) -> Result<(Connection, Channel)> {
    let connection = Connection::connect(url, ConnectionProperties::default()).await?;
    let channel = connection.create_channel().await?;
    let durable = QueueDeclareOptions {
        durable: true,
        ..Default::default()
    };
    channel
        .queue_declare(QUEUE.into(), durable, FieldTable::default())
        .await?;
    channel
        .confirm_select(ConfirmSelectOptions::default())
        .await?;
    Ok((connection, channel))
}

//! Faults of RabbitMQ and of the way there.

use std::time::Duration;

use anyhow::Result;
use lapin::{Connection, ConnectionProperties, options::QueueDeleteOptions};
use rustix::process::Signal;
use tokio::time::{Instant, sleep};

use super::{Fault, Kind, Struck};
use crate::{engines::rabbitmq::ChannelError, pipeline::SERVICES, system::System};

/// Each way; there and back are a third of a second.
const SLOW: Duration = Duration::from_millis(150);

impl Fault {
    pub(super) async fn strike_broker(&self, system: &System) -> Result<Struck> {
        let (rabbitmq, proxy) = (&system.rabbitmq, &system.to_broker);
        let begun = Instant::now();
        match self.kind {
            Kind::BrokerRestarted | Kind::BrokerKilled => {
                let graceful = self.kind == Kind::BrokerRestarted;
                rabbitmq
                    .end(if graceful { Signal::TERM } else { Signal::KILL })
                    .await?;
                rabbitmq.begin().await?;
                return Ok(Self::connections_gone(Instant::now()));
            }
            Kind::BrokerCut => {
                proxy.cut();
                return Ok(Self::connections_gone(begun));
            }
            Kind::BrokerHalfOpen => {
                proxy.silence();
                return Ok(Self::connections_gone(begun));
            }
            Kind::BrokerSilent => {
                proxy.silence();
                sleep(self.hold).await;
                proxy.cut();
                return Ok(Self::connections_gone(Instant::now()));
            }
            Kind::BrokerShut => {
                proxy.shut();
                sleep(self.hold).await;
                proxy.calm();
                return Ok(Self::connections_gone(Instant::now()));
            }
            Kind::BrokerSlow => {
                proxy.delay(SLOW);
                sleep(self.hold).await;
                proxy.calm();
            }
            Kind::BrokerCloses => rabbitmq.close_connections().await?,
            Kind::ChannelNotFound => rabbitmq.close_channels(ChannelError::NotFound).await?,
            Kind::ChannelPrecondition => {
                rabbitmq
                    .close_channels(ChannelError::PreconditionFailed)
                    .await?;
            }
            Kind::ConsumerCancelled => {
                rabbitmq
                    .crash_queue(&format!("chaos.{}", self.queue))
                    .await?;
                return Ok(Self::over(&[self.queue]));
            }
            Kind::RetryQueuesDeleted => delete_empty_retry_queues(system).await?,
            _ => {
                rabbitmq.block_publishers(true).await?;
                sleep(self.hold).await;
                rabbitmq.block_publishers(false).await?;
            }
        }
        Ok(Self::over(&SERVICES))
    }
}

/// As somebody tidies up who sees that they are empty.
async fn delete_empty_retry_queues(system: &System) -> Result<()> {
    let queues = system.rabbitmq.queues().await?;
    let properties = ConnectionProperties::default();
    let connection = Connection::connect(&system.rabbitmq.url(), properties).await?;
    let if_empty = QueueDeleteOptions {
        if_empty: true,
        ..Default::default()
    };
    for (queue, _) in queues.iter().filter(|(queue, _)| queue.contains(".retry.")) {
        // One that is not empty is a precondition failed, which costs the channel.
        let channel = connection.create_channel().await?;
        channel
            .queue_delete(queue.as_str().into(), if_empty)
            .await
            .ok();
    }
    Ok(connection.close(200, "done".into()).await?)
}

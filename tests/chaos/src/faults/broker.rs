//! Faults of RabbitMQ and of the way there.

use std::time::Duration;

use anyhow::{Result, ensure};
use lapin::{Connection, ConnectionProperties, options::QueueDeleteOptions};
use rustix::process::Signal;
use tokio::time::{Instant, sleep};

use super::{Fault, Kind, Struck};
use crate::{engines::rabbitmq::ChannelError, pipeline::SERVICES, system::System};

/// Each way; there and back are a third of a second.
const SLOW: Duration = Duration::from_millis(150);

/// How long a message may take from a service to its queue.
const ON_ITS_WAY: Duration = Duration::from_secs(1);

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

/// As somebody tidies up who sees that they are empty. A quorum queue cannot be deleted on the condition that
/// it is: the services stand still meanwhile, so that the test destroys no message itself.
async fn delete_empty_retry_queues(system: &System) -> Result<()> {
    let all: Vec<_> = SERVICES
        .iter()
        .flat_map(|name| system.fleet.processes_of(name))
        .collect();
    for process in &all {
        system.fleet.signal(*process, Signal::STOP).await?;
    }
    let deleted = delete_empty(system).await;
    for process in all {
        system.fleet.signal(process, Signal::CONT).await?;
    }
    deleted
}

async fn delete_empty(system: &System) -> Result<()> {
    // What is on its way arrives.
    sleep(ON_ITS_WAY).await;
    let queues = system.rabbitmq.queues().await?;
    let properties = ConnectionProperties::default();
    let connection = Connection::connect(&system.rabbitmq.url(), properties).await?;
    let channel = connection.create_channel().await?;
    for (queue, count) in queues {
        if count == 0 && queue.contains(".retry.") {
            let deleted =
                channel.queue_delete(queue.as_str().into(), QueueDeleteOptions::default());
            let destroyed = deleted.await?;
            ensure!(
                destroyed == 0,
                "the test itself destroyed {destroyed} messages of {queue}"
            );
        }
    }
    connection.close(200, "done".into()).await.ok();
    Ok(())
}

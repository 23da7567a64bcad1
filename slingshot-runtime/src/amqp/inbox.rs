//! The consumer of a service's own queue.

use futures_util::{FutureExt as _, StreamExt as _};
use lapin::{
    Channel, Consumer,
    options::{
        BasicAckOptions, BasicCancelOptions, BasicConsumeOptions, BasicNackOptions, BasicQosOptions,
    },
    types::FieldTable,
};

use super::{BrokerError, Connection, Inbound, queues::name};

/// A queue's deliveries, and their settlements: both belong to one channel.
#[derive(Debug)]
pub(crate) struct Inbox {
    queue: String,
    prefetch: u16,
    channel: Channel,
    consumer: Consumer,
}

impl Inbox {
    /// Starts to consume, with at most `prefetch` messages unsettled.
    pub(crate) async fn open(
        connection: &Connection,
        queue: &str,
        prefetch: u16,
    ) -> Result<Self, BrokerError> {
        let channel = connection.channel().await?;
        channel
            .basic_qos(prefetch, BasicQosOptions::default())
            .await?;
        let consumer = channel
            .basic_consume(
                name(queue),
                "".into(),
                BasicConsumeOptions::default(),
                FieldTable::default(),
            )
            .await?;
        Ok(Self {
            queue: queue.to_owned(),
            prefetch,
            channel,
            consumer,
        })
    }

    /// The next message. A consumer that ends is an error: nothing but [`Inbox::cancel`] ends it on
    /// purpose.
    pub(crate) async fn next(&mut self) -> Result<Inbound, BrokerError> {
        match self.consumer.next().await {
            Some(Ok(delivery)) => Ok(Inbound::new(delivery)),
            Some(Err(error)) => Err(error.into()),
            None => Err(BrokerError::Cancelled {
                queue: self.queue.clone(),
            }),
        }
    }

    /// Acknowledges a message. Does not wait: the frame is queued before this returns, and should it not
    /// arrive, the connection is broken and the message comes again.
    pub(crate) fn ack(&self, tag: u64) -> Result<(), BrokerError> {
        self.acknowledge(tag, false)
    }

    /// Acknowledges a message with all that were delivered before it. Does not wait, like [`Inbox::ack`].
    pub(crate) fn ack_up_to(&self, tag: u64) -> Result<(), BrokerError> {
        self.acknowledge(tag, true)
    }

    fn acknowledge(&self, tag: u64, multiple: bool) -> Result<(), BrokerError> {
        let acked = self.channel.basic_ack(tag, BasicAckOptions { multiple });
        acked.now_or_never().unwrap_or(Ok(())).map_err(Into::into)
    }

    /// Gives a message back to the queue, for any consumer to have. Does not wait, like [`Inbox::ack`].
    pub(crate) fn give_back(&self, tag: u64) -> Result<(), BrokerError> {
        let requeue = BasicNackOptions {
            multiple: false,
            requeue: true,
        };
        let given_back = self.channel.basic_nack(tag, requeue);
        given_back
            .now_or_never()
            .unwrap_or(Ok(()))
            .map_err(Into::into)
    }

    /// Waits until the broker has seen every settlement: closing the connection at once would overtake the
    /// last ones, and finished messages would come again.
    pub(crate) async fn flush(&self) -> Result<(), BrokerError> {
        let same = BasicQosOptions::default();
        Ok(self.channel.basic_qos(self.prefetch, same).await?)
    }

    /// Stops consuming, and gives back what was delivered and never taken with [`Inbox::next`]. Says how
    /// many that were. Messages taken before can still be settled.
    pub(crate) async fn cancel(&mut self) -> Result<usize, BrokerError> {
        let untaken = self.stop().await?;
        for message in &untaken {
            self.give_back(message.tag())?;
        }
        Ok(untaken.len())
    }

    /// Stops consuming. What was delivered and never taken is the caller's to settle.
    pub(crate) async fn stop(&mut self) -> Result<Vec<Inbound>, BrokerError> {
        self.channel
            .basic_cancel(self.consumer.tag(), BasicCancelOptions::default())
            .await?;
        let mut untaken = Vec::new();
        while let Some(Some(Ok(delivery))) = self.consumer.next().now_or_never() {
            untaken.push(Inbound::new(delivery));
        }
        Ok(untaken)
    }
}

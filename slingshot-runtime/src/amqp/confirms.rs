//! Whose confirmation is whose.
//!
//! `lapin` hands a returned message to whichever confirmation it completes next, and the messages that one
//! frame confirms it completes in no order. Taken at its word, an id that reached no queue would count as
//! published, and another one as lost. So everything is published by one task, which looks at what was
//! returned before it answers anybody.

use std::collections::BTreeMap;

use futures_util::{FutureExt as _, StreamExt as _, future::BoxFuture, stream::FuturesUnordered};
use lapin::{
    BasicProperties, Channel, Confirmation, message::BasicReturnMessage,
    options::BasicPublishOptions, types::ShortString,
};
use tokio::sync::{mpsc, oneshot};

use super::{BrokerError, queues::name};

const MANDATORY: BasicPublishOptions = BasicPublishOptions {
    mandatory: true,
    immediate: false,
};

/// How many messages may wait to be written: whoever publishes more waits as well.
const LINE: usize = 256;

/// A message for a queue.
#[derive(Debug)]
pub(super) struct Message {
    pub(super) queue: String,
    pub(super) body: Vec<u8>,
    pub(super) properties: BasicProperties,
}

/// Whether the broker has taken responsibility for a message.
pub(super) type Answer = Result<(), BrokerError>;

/// The way to the task that publishes on one channel, which ends with this.
#[derive(Debug)]
pub(super) struct Confirms {
    messages: mpsc::Sender<(Message, oneshot::Sender<Answer>)>,
}

impl Confirms {
    /// For a channel in confirm mode, on which nobody else publishes.
    pub(super) fn start(channel: Channel) -> Self {
        let (messages, published) = mpsc::channel(LINE);
        let publishing = Publishing {
            channel,
            waiting: BTreeMap::new(),
            next: 0,
            in_flight: FuturesUnordered::new(),
        };
        tokio::spawn(publishing.run(published));
        Self { messages }
    }

    /// Publishes a message and waits for its confirmation.
    pub(super) async fn publish(&self, message: Message) -> Answer {
        let gone = || BrokerError::Broken("the publishing channel is gone".into());
        let (answer, answered) = oneshot::channel();
        let sent = self.messages.send((message, answer)).await;
        sent.map_err(|_| gone())?;
        answered.await.map_err(|_| gone())?
    }
}

type Confirmed = (u64, lapin::Result<Confirmation>);

/// The task's state.
struct Publishing {
    channel: Channel,
    /// Messages without an answer, in the order in which they were published.
    waiting: BTreeMap<u64, Waiting>,
    next: u64,
    in_flight: FuturesUnordered<BoxFuture<'static, Confirmed>>,
}

struct Waiting {
    queue: String,
    message_id: Option<ShortString>,
    /// The broker's words, if the message came back.
    returned: Option<String>,
    answer: oneshot::Sender<Answer>,
}

impl Publishing {
    async fn run(mut self, mut published: mpsc::Receiver<(Message, oneshot::Sender<Answer>)>) {
        loop {
            tokio::select! {
                message = published.recv() => match message {
                    Some((message, answer)) => self.publish(message, answer),
                    None => return,
                },
                Some(confirmed) = self.in_flight.next() => self.answer(confirmed),
            }
        }
    }

    fn publish(&mut self, message: Message, answer: oneshot::Sender<Answer>) {
        let number = self.next;
        self.next += 1;
        let Message {
            queue,
            body,
            properties,
        } = message;
        let (channel, routing_key) = (self.channel.clone(), name(&queue));
        let waiting = Waiting {
            queue,
            message_id: properties.message_id().clone(),
            returned: None,
            answer,
        };
        self.waiting.insert(number, waiting);
        let publishing = async move {
            let default_exchange = ShortString::default();
            channel
                .basic_publish(default_exchange, routing_key, MANDATORY, &body, properties)
                .await?
                .await
        };
        self.in_flight
            .push(publishing.map(move |result| (number, result)).boxed());
    }

    /// Answers one confirmation and all that came with it.
    fn answer(&mut self, confirmed: Confirmed) {
        let mut ready = vec![confirmed];
        while !ready.is_empty() {
            ready.extend(self.ready());
            self.note_returned(&mut ready);
            self.wait_for_the_frame();
            let mut later = self.ready();
            self.note_returned(&mut later);
            for (number, result) in ready {
                self.release(number, result);
            }
            ready = later;
        }
    }

    fn ready(&mut self) -> Vec<Confirmed> {
        let mut ready = Vec::new();
        while let Some(Some(confirmed)) = self.in_flight.next().now_or_never() {
            ready.push(confirmed);
        }
        ready
    }

    /// When this returns, every message is complete that the frame confirmed which completed the first: both
    /// happen under one lock of `lapin`, which this question takes. Its answer does not matter.
    fn wait_for_the_frame(&self) {
        drop(self.channel.wait_for_confirms().now_or_never());
    }

    /// Marks the messages that came back: not those that `lapin` says, but those that are the same.
    fn note_returned(&mut self, confirmed: &mut [Confirmed]) {
        for (number, result) in confirmed {
            let returned = match result {
                Ok(Confirmation::Ack(returned) | Confirmation::Nack(returned)) => returned.take(),
                Ok(Confirmation::NotRequested) | Err(_) => None,
            };
            let Some(returned) = returned else { continue };
            if !self.mark(&returned)
                && let Some(waiting) = self.waiting.get_mut(number)
            {
                waiting.returned = Some(returned.reply_text.to_string());
            }
        }
    }

    fn mark(&mut self, returned: &BasicReturnMessage) -> bool {
        let message_id = returned.delivery.properties.message_id();
        let queue = returned.delivery.routing_key.as_str();
        let mut found = false;
        for waiting in self.waiting.values_mut() {
            if waiting.queue == queue && waiting.message_id == *message_id {
                waiting.returned = Some(returned.reply_text.to_string());
                found = true;
            }
        }
        found
    }

    fn release(&mut self, number: u64, result: lapin::Result<Confirmation>) {
        let Some(waiting) = self.waiting.remove(&number) else {
            return;
        };
        let queue = waiting.queue;
        let answer = match (result, waiting.returned) {
            (Err(error), _) => Err(error.into()),
            (Ok(_), Some(reason)) => Err(BrokerError::Returned { queue, reason }),
            (Ok(Confirmation::Ack(_)), None) => Ok(()),
            (Ok(Confirmation::Nack(_) | Confirmation::NotRequested), None) => {
                Err(BrokerError::Refused { queue })
            }
        };
        // Whoever asked may have left with its connection.
        drop(waiting.answer.send(answer));
    }
}

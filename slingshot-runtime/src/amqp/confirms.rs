//! Whose confirmation is whose.
//!
//! `lapin` hands a returned message to whichever confirmation it completes next, and the messages that one
//! frame confirms it completes in no order. Taken at its word, an id that reached no queue would count as
//! published, and another one as lost. So everything is published by one task, which looks at what was
//! returned before it answers anybody.

use std::{collections::BTreeMap, pin::pin, sync::Arc, time::Duration};

use futures_util::{FutureExt as _, StreamExt as _, stream::FuturesUnordered};
use lapin::{
    BasicProperties, Channel, Confirmation, message::BasicReturnMessage,
    options::BasicPublishOptions, types::ShortString,
};
use tokio::{
    sync::{mpsc, oneshot},
    time::{Instant, sleep_until},
};

use super::{BrokerError, queues::name};

const MANDATORY: BasicPublishOptions = BasicPublishOptions {
    mandatory: true,
    immediate: false,
};

/// How many messages may wait to be written: whoever publishes more waits as well.
const LINE: usize = 256;

/// How long a confirmation may take on a connection that lives: a broker short of disk or memory, or a quorum
/// queue without its quorum, holds it back. Then a new connection is tried.
const CONFIRM_TIMEOUT: Duration = Duration::from_mins(5);

/// A message for a queue.
#[derive(Debug)]
pub(super) struct Message {
    /// The default exchange, for which the routing key is the name of a queue, or another.
    pub(super) exchange: &'static str,
    /// Or another routing key.
    pub(super) queue: Arc<str>,
    pub(super) id: Option<Arc<str>>,
    pub(super) body: Vec<u8>,
    /// With the message id among them.
    pub(super) properties: BasicProperties,
}

/// Whether the broker has taken responsibility for a message.
pub(super) type Answer = Result<(), BrokerError>;

type Published = (Message, oneshot::Sender<Answer>);

/// The way to the task that publishes on one channel, which ends with this.
#[derive(Debug)]
pub(super) struct Confirms {
    messages: mpsc::Sender<Published>,
}

impl Confirms {
    /// For a channel in confirm mode, on which nobody else publishes.
    pub(super) fn start(channel: Channel) -> Self {
        let (messages, published) = mpsc::channel(LINE);
        let publishing = Publishing {
            channel: Arc::new(channel),
            waiting: BTreeMap::new(),
            next: 0,
        };
        tokio::spawn(publishing.run(published));
        Self { messages }
    }

    /// Publishes a message and waits for its confirmation.
    pub(super) async fn publish(&self, message: Message) -> Answer {
        self.begin(message).await?.await
    }

    /// Hands a message over to be published, after those that were handed over before. What comes of it is the
    /// future's to say.
    pub(super) async fn begin(
        &self,
        message: Message,
    ) -> Result<impl Future<Output = Answer> + Send + use<>, BrokerError> {
        let (answer, answered) = oneshot::channel();
        let sent = self.messages.send((message, answer)).await;
        sent.map_err(|_| gone())?;
        Ok(async move { answered.await.map_err(|_| gone())? })
    }
}

fn gone() -> BrokerError {
    BrokerError::Broken("the publishing channel is gone".into())
}

type Confirmed = (u64, lapin::Result<Confirmation>);

/// The task's state.
struct Publishing {
    /// Shared, because a clone of `lapin`'s is a dozen of reference counts.
    channel: Arc<Channel>,
    /// Messages without an answer, in the order in which they were published.
    waiting: BTreeMap<u64, Waiting>,
    next: u64,
}

struct Waiting {
    queue: Arc<str>,
    message_id: Option<Arc<str>>,
    since: Instant,
    /// The broker's words, if the message came back.
    returned: Option<String>,
    answer: oneshot::Sender<Answer>,
}

impl Publishing {
    async fn run(mut self, mut published: mpsc::Receiver<Published>) {
        let mut in_flight = FuturesUnordered::new();
        // One timer for all: a timer for each would cost more than what it guards.
        let mut patience = pin!(sleep_until(Instant::now()));
        let mut patient = false;
        loop {
            tokio::select! {
                biased;
                message = published.recv() => match message {
                    Some((message, answer)) => {
                        in_flight.push(self.publish(message, answer));
                        if !patient {
                            patience.as_mut().reset(Instant::now() + CONFIRM_TIMEOUT);
                            patient = true;
                        }
                    }
                    None => return,
                },
                Some(confirmed) = in_flight.next() => self.answer(confirmed, &mut in_flight),
                () = &mut patience, if patient => match self.give_up() {
                    Some(later) => patience.as_mut().reset(later),
                    None => patient = false,
                },
            }
        }
    }

    fn publish(
        &mut self,
        message: Message,
        answer: oneshot::Sender<Answer>,
    ) -> impl Future<Output = Confirmed> + Send + use<> {
        let number = self.next;
        self.next += 1;
        let Message {
            exchange,
            queue,
            id: message_id,
            body,
            properties,
        } = message;
        let (channel, routing_key) = (Arc::clone(&self.channel), name(&queue));
        let waiting = Waiting {
            queue,
            message_id,
            since: Instant::now(),
            returned: None,
            answer,
        };
        self.waiting.insert(number, waiting);
        let publishing = async move {
            channel
                .basic_publish(exchange.into(), routing_key, MANDATORY, &body, properties)
                .await?
                .await
        };
        publishing.map(move |result| (number, result))
    }

    /// Answers those who have waited too long, and says when the next one will have.
    fn give_up(&mut self) -> Option<Instant> {
        while let Some(oldest) = self.waiting.first_entry() {
            let end = oldest.get().since + CONFIRM_TIMEOUT;
            if end > Instant::now() {
                return Some(end);
            }
            let silent = BrokerError::Silent {
                asked: "confirm a message",
                limit: CONFIRM_TIMEOUT,
            };
            drop(oldest.remove().answer.send(Err(silent)));
        }
        None
    }

    /// Answers one confirmation and all that came with it.
    fn answer<F>(&mut self, confirmed: Confirmed, in_flight: &mut FuturesUnordered<F>)
    where
        F: Future<Output = Confirmed>,
    {
        let mut ready = vec![confirmed];
        while !ready.is_empty() {
            extend(&mut ready, in_flight);
            self.note_returned(&mut ready);
            self.wait_for_the_frame();
            let mut later = Vec::new();
            extend(&mut later, in_flight);
            self.note_returned(&mut later);
            for (number, result) in ready {
                self.release(number, result);
            }
            ready = later;
        }
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
        let message_id = returned.delivery.properties.message_id().as_ref();
        let message_id = message_id.map(ShortString::as_str);
        let queue = returned.delivery.routing_key.as_str();
        let mut found = false;
        for waiting in self.waiting.values_mut() {
            if *waiting.queue == *queue && waiting.message_id.as_deref() == message_id {
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
        let queue = || waiting.queue.to_string();
        let answer = match (result, waiting.returned) {
            (Err(error), _) => Err(error.into()),
            (Ok(_), Some(reason)) => Err(BrokerError::Returned {
                queue: queue(),
                reason,
            }),
            (Ok(Confirmation::Ack(_)), None) => Ok(()),
            (Ok(Confirmation::Nack(_) | Confirmation::NotRequested), None) => {
                Err(BrokerError::Refused { queue: queue() })
            }
        };
        // Whoever asked may have left with its connection.
        drop(waiting.answer.send(answer));
    }
}

/// Everything that is complete by now.
fn extend<F>(ready: &mut Vec<Confirmed>, in_flight: &mut FuturesUnordered<F>)
where
    F: Future<Output = Confirmed>,
{
    while let Some(Some(confirmed)) = in_flight.next().now_or_never() {
        ready.push(confirmed);
    }
}

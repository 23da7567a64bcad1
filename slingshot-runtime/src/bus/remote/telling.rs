//! Topics, as those see them who tell and listen.

use std::collections::HashMap;

use tokio::{sync::oneshot, time::Instant};

use super::super::{Broadcast, wire};
use super::{Remote, check_size, not_connected, patience::GRACE};
use crate::{amqp::BrokerError, handler::CallError, trace::TraceContext};

/// How many topics a process numbers its broadcasts of before it counts as another one.
const MOST_TOPICS: usize = 10_000;

/// The longest routing key of AMQP's.
const LONGEST_TOPIC: usize = 255;

/// The numbers of this process's broadcasts.
#[derive(Debug)]
pub(super) struct Told {
    publisher: String,
    next: HashMap<String, u64>,
}

impl Remote {
    /// Sees to it that this process hears what is told from now on.
    pub(in crate::bus) async fn subscribe(&self, topic: &str) -> Result<(), CallError> {
        check_topic(topic)?;
        let until = Instant::now() + GRACE;
        let connected = self.connected(until).await?;
        let (listens, listening) = oneshot::channel();
        let asked = connected.listen.send((topic.to_owned(), listens)).await;
        asked.map_err(|_| not_connected())?;
        listening.await.map_err(|_| not_connected())
    }

    pub(in crate::bus) async fn broadcast(
        &self,
        topic: &str,
        broadcast: Broadcast,
    ) -> Result<(), CallError> {
        check_topic(topic)?;
        check_size(topic, &broadcast.payload)?;
        let connected = self.connected(Instant::now() + GRACE).await?;
        let id = self.message_id();
        let mut told = self.told.lock().await;
        let (publisher, sequence) = told.next(topic);
        let letter = wire::broadcast(broadcast, publisher, sequence);
        // Handed over under the lock: what has a lower number goes first.
        let telling = connected.letters.tell(topic, &id, letter).await;
        drop(told);
        let failed = |error: BrokerError| CallError::Broker(error.to_string());
        match telling.map_err(failed)?.await {
            // Nobody listens.
            Ok(()) | Err(BrokerError::Returned { .. }) => Ok(()),
            Err(error) => Err(failed(error)),
        }
    }
}

impl Told {
    pub(super) fn new(publisher: String) -> Self {
        Self {
            publisher,
            next: HashMap::new(),
        }
    }

    fn next(&mut self, topic: &str) -> (&str, u64) {
        if self.next.len() >= MOST_TOPICS && !self.next.contains_key(topic) {
            self.next.clear();
            self.publisher = TraceContext::root().trace_id();
        }
        let next = self.next.entry(topic.to_owned()).or_default();
        *next += 1;
        (&self.publisher, *next)
    }
}

fn check_topic(topic: &str) -> Result<(), CallError> {
    if topic.len() <= LONGEST_TOPIC {
        return Ok(());
    }
    Err(CallError::Malformed {
        handler: topic.to_owned(),
        message: format!("a topic's name has at most {LONGEST_TOPIC} bytes"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_topic_has_numbers_of_its_own_and_they_take_bounded_room() {
        let mut told = Told::new("first".to_owned());
        assert_eq!(told.next("a"), ("first", 1));
        assert_eq!(told.next("a"), ("first", 2));
        assert_eq!(told.next("b"), ("first", 1));
        for topic in 2..MOST_TOPICS {
            told.next(&topic.to_string());
        }
        assert_eq!(told.next("a"), ("first", 3));
        let (publisher, number) = told.next("one more");
        assert_ne!(publisher, "first");
        assert_eq!(number, 1);
        assert_eq!(told.next.len(), 1);
    }
}

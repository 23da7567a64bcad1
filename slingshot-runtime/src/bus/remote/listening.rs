//! The topics that this process listens to at the broker.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex, PoisonError},
};

use tokio::{sync::mpsc, task::JoinSet};

use super::super::{
    Hub, Missed,
    wire::{self, Place},
};
use super::Listen;
use crate::amqp::{BrokerError, Connection, Inbox};

/// How many publishers' numbers are remembered of one topic. Beyond it, all begin anew.
const MOST_PUBLISHERS: usize = 1_024;

/// The last broadcast that was heard of each publisher on each topic, on whichever connection: what was told while
/// there was none is missed.
#[derive(Debug, Default)]
pub(super) struct Seen(Mutex<HashMap<String, HashMap<String, u64>>>);

impl Seen {
    /// Takes note of a broadcast, and says how many before it did not come.
    fn note(&self, topic: &str, place: Place) -> u64 {
        let mut topics = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let publishers = topics.entry(topic.to_owned()).or_default();
        if publishers.len() >= MOST_PUBLISHERS && !publishers.contains_key(&place.publisher) {
            publishers.clear();
        }
        let last = publishers.insert(place.publisher, place.sequence);
        last.map_or(0, |last| {
            place.sequence.saturating_sub(last.saturating_add(1))
        })
    }

    fn forget(&self, topic: &str) {
        let mut topics = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        topics.remove(topic);
    }
}

/// The topics on one connection.
pub(super) struct Listening {
    connection: Connection,
    hub: Arc<Hub>,
    seen: Arc<Seen>,
    topics: BTreeSet<String>,
    hearing: JoinSet<Result<String, BrokerError>>,
}

impl Listening {
    /// Listens to what the process has listened to.
    pub(super) async fn open(
        connection: &Connection,
        hub: Arc<Hub>,
        seen: Arc<Seen>,
    ) -> Result<Self, BrokerError> {
        let mut listening = Self {
            connection: connection.clone(),
            seen,
            topics: BTreeSet::new(),
            hearing: JoinSet::new(),
            hub,
        };
        for topic in listening.hub.topics().listened() {
            listening.listen(topic).await?;
        }
        Ok(listening)
    }

    /// Ends with the connection.
    pub(super) async fn follow(
        mut self,
        mut requests: mpsc::Receiver<Listen>,
    ) -> Result<(), BrokerError> {
        loop {
            tokio::select! {
                request = requests.recv() => {
                    let Some((topic, listens)) = request else { return Ok(()) };
                    self.listen(topic).await?;
                    // Whoever asked may have gone.
                    listens.send(()).unwrap_or_default();
                }
                Some(ended) = self.hearing.join_next() => {
                    let ended = ended.map_err(|error| BrokerError::Broken(error.into()))?;
                    self.ended(ended?).await?;
                }
            }
        }
    }

    async fn listen(&mut self, topic: String) -> Result<(), BrokerError> {
        if self.topics.contains(&topic) {
            return Ok(());
        }
        let inbox = self.connection.listen(&topic).await?;
        let (hub, seen) = (Arc::clone(&self.hub), Arc::clone(&self.seen));
        self.topics.insert(topic.clone());
        self.hearing.spawn(hear(inbox, topic, hub, seen));
        Ok(())
    }

    /// Nobody listened to a topic any more; by now, somebody may.
    async fn ended(&mut self, topic: String) -> Result<(), BrokerError> {
        self.topics.remove(&topic);
        if self.hub.topics().is_listened(&topic) {
            return self.listen(topic).await;
        }
        self.seen.forget(&topic);
        Ok(())
    }
}

/// Passes broadcasts on, until nobody listens.
async fn hear(
    mut inbox: Inbox,
    topic: String,
    hub: Arc<Hub>,
    seen: Arc<Seen>,
) -> Result<String, BrokerError> {
    loop {
        let message = inbox.next().await?;
        inbox.ack(message.tag())?;
        match wire::read_broadcast(&message) {
            Ok((broadcast, place)) => {
                let count = place.map_or(0, |place| seen.note(&topic, place));
                if count > 0 {
                    hub.topics().tell(&topic, Err(Missed { count }));
                }
                hub.topics().tell(&topic, Ok(broadcast));
            }
            Err(reason) => tracing::warn!(topic, reason, "a broadcast cannot be read"),
        }
        if !hub.topics().is_listened(&topic) {
            inbox.cancel().await?;
            return Ok(topic);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_in_a_publisher_s_numbers_is_what_was_missed() {
        let seen = Seen::default();
        let note = |publisher: &str, sequence| {
            let publisher = publisher.to_owned();
            seen.note(
                "ticks",
                Place {
                    publisher,
                    sequence,
                },
            )
        };
        assert_eq!(note("a", 7), 0, "the first that is heard");
        assert_eq!(note("a", 8), 0);
        assert_eq!(note("b", 1), 0);
        assert_eq!(note("a", 12), 3);
        assert_eq!(note("a", 12), 0);
        assert_eq!(note("b", 2), 0);
        seen.forget("ticks");
        assert_eq!(note("a", 20), 0);
    }
}

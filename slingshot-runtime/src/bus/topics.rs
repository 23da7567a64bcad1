//! Topics: one tells, all who listen hear.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use thiserror::Error;
use tokio::sync::broadcast::{self, Receiver, Sender, error::RecvError};

use crate::handler::{Payload, Source};

/// How many broadcasts a listener may be behind.
const BEHIND: usize = 1_024;

/// What was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broadcast {
    /// The handler or service that told it.
    pub source: Source,
    /// What it told.
    pub payload: Payload,
}

/// A listener has missed broadcasts: it was too slow, or its process was, or had no connection to the broker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{count} broadcasts were missed")]
pub struct Missed {
    /// How many.
    pub count: u64,
}

/// What a listener hears next.
pub(super) type Heard = Result<Broadcast, Missed>;

/// A listener to a topic. Dropped, it listens no more.
#[derive(Debug)]
pub struct Subscription {
    receiver: Receiver<Heard>,
}

impl Subscription {
    /// Waits for the next broadcast; none when the process ends.
    ///
    /// # Errors
    /// [`Missed`], once, where broadcasts are gone. The next call goes on with the oldest that is left.
    pub async fn next(&mut self) -> Option<Result<Broadcast, Missed>> {
        match self.receiver.recv().await {
            Ok(heard) => Some(heard),
            Err(RecvError::Lagged(count)) => Some(Err(Missed { count })),
            Err(RecvError::Closed) => None,
        }
    }
}

/// The topics of a process. One that nobody listens to takes no room.
#[derive(Debug, Default)]
pub(crate) struct Topics(Mutex<HashMap<String, Sender<Heard>>>);

impl Topics {
    pub(super) fn subscribe(&self, topic: &str) -> Subscription {
        let mut topics = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        topics.retain(|_, sender| sender.receiver_count() > 0);
        let sender = topics.entry(topic.to_owned());
        let sender = sender.or_insert_with(|| broadcast::channel(BEHIND).0);
        Subscription {
            receiver: sender.subscribe(),
        }
    }

    /// Tells all who listen.
    pub(super) fn tell(&self, topic: &str, heard: Heard) {
        let topics = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sender) = topics.get(topic) {
            // The last listener may just have gone.
            drop(sender.send(heard));
        }
    }

    pub(super) fn is_listened(&self, topic: &str) -> bool {
        let topics = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let sender = topics.get(topic);
        sender.is_some_and(|sender| sender.receiver_count() > 0)
    }

    /// The topics that somebody listens to, in order.
    pub(super) fn listened(&self) -> Vec<String> {
        let topics = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let listened = topics.iter().filter(|(_, it)| it.receiver_count() > 0);
        let mut names: Vec<_> = listened.map(|(topic, _)| topic.clone()).collect();
        names.sort_unstable();
        names
    }

    /// Whoever listens has heard all.
    pub(super) fn close(&self) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Broadcast {
        Broadcast {
            source: Source::from("clock"),
            payload: Payload::text(text),
        }
    }

    #[tokio::test]
    async fn all_who_listen_hear_what_is_told_from_then_on() {
        let topics = Topics::default();
        topics.tell("ticks", Ok(told("early")));
        let mut one = topics.subscribe("ticks");
        let mut other = topics.subscribe("ticks");
        topics.tell("ticks", Ok(told("tick")));
        topics.tell("tocks", Ok(told("tock")));
        assert_eq!(topics.listened(), ["ticks"]);
        assert_eq!(one.next().await, Some(Ok(told("tick"))));
        assert_eq!(other.next().await, Some(Ok(told("tick"))));
        topics.close();
        assert_eq!(one.next().await, None);
    }

    #[tokio::test]
    async fn a_slow_listener_is_told_how_much_it_missed() {
        let topics = Topics::default();
        let mut slow = topics.subscribe("ticks");
        for tick in 0..=BEHIND {
            topics.tell("ticks", Ok(told(&tick.to_string())));
        }
        assert_eq!(slow.next().await, Some(Err(Missed { count: 1 })));
        assert_eq!(slow.next().await, Some(Ok(told("1"))));
    }

    #[test]
    fn a_topic_that_nobody_listens_to_takes_no_room() {
        let topics = Topics::default();
        drop(topics.subscribe("ticks"));
        drop(topics.subscribe("tocks"));
        assert_eq!(topics.0.lock().expect("no panic").len(), 1);
    }
}

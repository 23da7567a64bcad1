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

/// A listener was too slow, and has missed broadcasts: the oldest that it had not heard yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{count} broadcasts were missed: a listener may be {BEHIND} behind")]
pub struct Missed {
    /// How many.
    pub count: u64,
}

/// A listener to a topic. Dropped, it listens no more.
#[derive(Debug)]
pub struct Subscription {
    receiver: Receiver<Broadcast>,
}

impl Subscription {
    /// Waits for the next broadcast; none when the process ends.
    ///
    /// # Errors
    /// [`Missed`], once, where broadcasts are gone because they were not heard in time. The next call goes on
    /// with the oldest that is left.
    pub async fn next(&mut self) -> Option<Result<Broadcast, Missed>> {
        match self.receiver.recv().await {
            Ok(broadcast) => Some(Ok(broadcast)),
            Err(RecvError::Lagged(count)) => Some(Err(Missed { count })),
            Err(RecvError::Closed) => None,
        }
    }
}

/// The topics of a process. One that nobody listens to takes no room.
#[derive(Debug, Default)]
pub(crate) struct Topics(Mutex<HashMap<String, Sender<Broadcast>>>);

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

    /// How many have been told.
    pub(super) fn tell(&self, topic: &str, broadcast: Broadcast) -> usize {
        let topics = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let sender = topics.get(topic);
        sender.map_or(0, |sender| sender.send(broadcast).unwrap_or(0))
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
        assert_eq!(topics.tell("ticks", told("early")), 0);
        let mut one = topics.subscribe("ticks");
        let mut other = topics.subscribe("ticks");
        assert_eq!(topics.tell("ticks", told("tick")), 2);
        assert_eq!(topics.tell("tocks", told("tock")), 0);
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
            topics.tell("ticks", told(&tick.to_string()));
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

//! Acknowledgements that the broker is still owed.
//!
//! Each costs the broker a turn, and the message that it hands out next one more; together they cost about as much as one
//! does. So they are gathered for as long as the workers have enough to do. What is owed when a process ends comes again.

use std::{collections::BTreeSet, mem};

use crate::{
    amqp::{BrokerError, Inbox},
    settle::Confirmed,
};

/// At most so many messages come again that had ended already, however large the prefetch.
const MOST: u32 = 16;

/// Whose messages have ended, and the broker does not know.
#[derive(Debug)]
pub(super) struct Acks {
    owed: BTreeSet<u64>,
    most: usize,
}

/// What the broker is told at once.
#[derive(Debug, PartialEq, Eq)]
enum Ack {
    One(u64),
    /// With all that were delivered before it.
    UpTo(u64),
}

impl Acks {
    /// Half of what may wait for a replica stays with it, until the broker hands out more.
    pub(super) fn with(prefetch: u16, replicas: u32) -> Self {
        let waiting = u32::from(prefetch).saturating_sub(replicas);
        Self {
            owed: BTreeSet::new(),
            most: (waiting / 2).clamp(1, MOST) as usize,
        }
    }

    /// The broker has all that follows from a message.
    pub(super) fn owe(&mut self, tag: u64, _: Confirmed) {
        self.owed.insert(tag);
    }

    pub(super) fn are_owed(&self) -> bool {
        !self.owed.is_empty()
    }

    /// Whether the broker may run out of messages that it can hand out.
    pub(super) fn are_many(&self) -> bool {
        self.owed.len() >= self.most
    }

    /// Tells the broker. `first`: the first message that has not ended.
    pub(super) fn send(&mut self, inbox: &Inbox, first: Option<u64>) -> Result<(), BrokerError> {
        for ack in self.take(first) {
            match ack {
                Ack::One(tag) => inbox.ack(tag)?,
                Ack::UpTo(tag) => inbox.ack_up_to(tag)?,
            }
        }
        Ok(())
    }

    fn take(&mut self, first: Option<u64>) -> Vec<Ack> {
        let mut before = mem::take(&mut self.owed);
        let after = first.map_or_else(BTreeSet::new, |first| before.split_off(&first));
        let before = match before.last() {
            Some(last) if before.len() == 1 => Some(Ack::One(*last)),
            last => last.copied().map(Ack::UpTo),
        };
        let after = after.into_iter().map(Ack::One);
        before.into_iter().chain(after).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_not_ended_is_not_acknowledged() {
        let check = |owed: &[u64], first: Option<u64>, expected: &[Ack]| {
            let mut acks = Acks::with(64, 1);
            acks.owed.extend(owed);
            assert_eq!(acks.take(first), expected, "{owed:?} {first:?}");
            assert!(!acks.are_owed());
        };
        check(&[], None, &[]);
        check(&[], Some(3), &[]);
        check(&[1], None, &[Ack::One(1)]);
        check(&[1, 2, 3], None, &[Ack::UpTo(3)]);
        check(&[1, 2, 4], Some(3), &[Ack::UpTo(2), Ack::One(4)]);
        check(&[2, 4], Some(3), &[Ack::One(2), Ack::One(4)]);
        check(&[2, 4], Some(1), &[Ack::One(2), Ack::One(4)]);
        check(&[2, 4], Some(5), &[Ack::UpTo(4)]);
    }

    #[test]
    fn half_of_what_waits_for_a_replica_stays() {
        let check = |prefetch, replicas, expected| {
            assert_eq!(Acks::with(prefetch, replicas).most, expected);
        };
        check(1, 1, 1);
        check(2, 1, 1);
        check(5, 1, 2);
        check(4, 8, 1);
        check(16, 8, 4);
        check(64, 1, 16);
        check(u16::MAX, u32::MAX, 1);
    }
}

//! How long a delivered message may stay unsettled, which the broker has a say in.

use std::time::Duration;

use crate::amqp::RABBITMQS_LIMIT;

/// RabbitMQ looks once a minute, and an upload and the confirmations take their time too.
const MARGIN: Duration = Duration::from_mins(1);

/// The longest that an outage is waited for with the message in hand.
const LONGEST_HOLD: Duration = Duration::from_mins(5);

/// When, after its delivery, a message has to be out of our hands unless a call of the function works on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Patience {
    /// A message that was not begun by then goes back to its queue.
    pub(super) unstarted: Duration,
    /// One that waits for the end of an outage waits elsewhere.
    pub(super) held: Duration,
}

impl Patience {
    /// A call that begins in time ends in time, if one may take as long as `limit`, and the broker waits for
    /// `consumer_timeout`: then it closes the channel, and every message on it comes again.
    pub(super) fn with(limit: Duration, consumer_timeout: Option<Duration>) -> Self {
        // A broker that has no limit by itself may have been given one.
        let brokers = consumer_timeout.unwrap_or(RABBITMQS_LIMIT);
        let unstarted = brokers.saturating_sub(limit + MARGIN).max(MARGIN);
        Self {
            unstarted,
            held: unstarted.min(LONGEST_HOLD),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_that_begins_in_time_ends_before_the_broker_loses_patience() {
        let check = |limit, brokers: Option<u64>, unstarted, held| {
            let expected = Patience {
                unstarted: Duration::from_mins(unstarted),
                held: Duration::from_mins(held),
            };
            let (limit, brokers) = (Duration::from_mins(limit), brokers.map(Duration::from_mins));
            assert_eq!(Patience::with(limit, brokers), expected);
        };
        check(1, Some(30), 28, 5);
        check(25, Some(30), 4, 4);
        check(29, Some(30), 1, 1);
        check(600, Some(30), 1, 1);
        check(10, Some(15), 4, 4);
        check(25, Some(15), 1, 1);
        check(25, None, 4, 4);
    }
}

//! How often, and after which waits, a failed message is tried again.

use std::time::Duration;

/// How often, and after which waits, a failed message is tried again.
///
/// ```
/// # use slingshot_settings::Retry;
/// # use std::time::Duration;
/// const PATIENT: Retry = Retry {
///     max: 8,
///     max_delay: Duration::from_hours(1),
///     ..Retry::DEFAULT
/// };
/// assert_eq!(PATIENT.delay_after(3), Duration::from_secs(4));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retry {
    /// How many attempts there are in all, at least 1: after the last one the message is a dead
    /// letter.
    pub max: u32,
    /// How long the message waits after its first attempt.
    pub initial: Duration,
    /// How many times as long it waits after each further one, at least 1.
    pub factor: u32,
    /// The longest wait.
    pub max_delay: Duration,
}

impl Retry {
    /// Five attempts, after 1, 2, 4 and 8 seconds.
    pub const DEFAULT: Self = Self {
        max: 5,
        initial: Duration::from_secs(1),
        factor: 2,
        max_delay: Duration::from_mins(5),
    };

    /// More attempts than this are a mistyped number.
    pub const MOST_ATTEMPTS: u32 = 1000;

    /// So is a greater factor.
    pub const MOST_FACTOR: u32 = 100;

    /// What is tried again later than this is not a matter of waiting. (A queue's time to live, at
    /// 49 days, is not much longer.)
    pub const LONGEST_DELAY: Duration = Duration::from_hours(7 * 24);

    /// The shortest wait: a queue's time to live is a number of milliseconds.
    pub const SHORTEST_DELAY: Duration = Duration::from_millis(1);

    /// How long a message waits after its failed attempt of this number, from 1.
    #[must_use]
    pub fn delay_after(&self, attempt: u32) -> Duration {
        let factor = self.factor.saturating_pow(attempt.saturating_sub(1));
        self.initial.saturating_mul(factor).min(self.max_delay)
    }

    /// The nearest that lies within the bounds.
    #[must_use]
    pub fn bounded(self) -> Self {
        let max_delay = self
            .max_delay
            .clamp(Self::SHORTEST_DELAY, Self::LONGEST_DELAY);
        Self {
            max: self.max.clamp(1, Self::MOST_ATTEMPTS),
            initial: self.initial.clamp(Self::SHORTEST_DELAY, max_delay),
            factor: self.factor.clamp(1, Self::MOST_FACTOR),
            max_delay,
        }
    }
}

impl Default for Retry {
    fn default() -> Self {
        Self::DEFAULT
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_up_to_the_longest() {
        let check = |retry: Retry, expected: [u64; 5]| {
            let delays = [1, 2, 3, 10, u32::MAX].map(|attempt| retry.delay_after(attempt));
            assert_eq!(delays, expected.map(Duration::from_secs));
        };
        check(Retry::DEFAULT, [1, 2, 4, 300, 300]);
        let steady = Retry {
            factor: 1,
            ..Retry::DEFAULT
        };
        check(steady, [1, 1, 1, 1, 1]);
    }

    #[test]
    fn what_lies_outside_the_bounds_is_moved_to_them() {
        let none = Retry {
            max: 0,
            initial: Duration::ZERO,
            factor: 0,
            max_delay: Duration::ZERO,
        };
        let one = Retry {
            max: 1,
            initial: Retry::SHORTEST_DELAY,
            factor: 1,
            max_delay: Retry::SHORTEST_DELAY,
        };
        assert_eq!(none.bounded(), one);
        let longer = Retry {
            initial: Duration::from_hours(1),
            ..Retry::DEFAULT
        };
        assert_eq!(longer.bounded().initial, Retry::DEFAULT.max_delay);
        assert_eq!(Retry::DEFAULT.bounded(), Retry::DEFAULT);
    }
}

//! How long to wait before trying again.

use std::{
    hash::{BuildHasher as _, RandomState},
    time::Duration,
};

/// Waits that double from [`FIRST`](Self::FIRST) to [`LONGEST`](Self::LONGEST), each shortened by a
/// random part, so that a fleet that lost one broker does not come back in step.
#[derive(Debug, Default)]
pub(crate) struct Backoff {
    failures: u32,
}

impl Backoff {
    const FIRST: Duration = Duration::from_millis(200);
    const LONGEST: Duration = Duration::from_secs(10);

    /// The wait after one more failure.
    pub(crate) fn after_failure(&mut self) -> Duration {
        let doubled = Self::FIRST.saturating_mul(1 << self.failures.min(16));
        self.failures = self.failures.saturating_add(1);
        jittered(doubled.min(Self::LONGEST))
    }

    /// Something worked: the next failure is a first one.
    pub(crate) fn reset(&mut self) {
        self.failures = 0;
    }
}

/// Between a half and the whole of a wait, at random: a wait of next to nothing would not be a wait.
pub(crate) fn jittered(longest: Duration) -> Duration {
    longest.mul_f64(0.5 + random_fraction() / 2.0)
}

/// A number in `0.0..1.0`. The standard library's hash keys are random enough to spread waits.
pub(crate) fn random_fraction() -> f64 {
    let random = RandomState::new().hash_one(0_u8);
    f64::from(u32::try_from(random >> 32).unwrap_or(0)) / (f64::from(u32::MAX) + 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest_and_start_again() {
        let mut backoff = Backoff::default();
        let first = backoff.after_failure();
        assert!(first >= Backoff::FIRST / 2 && first <= Backoff::FIRST);
        for _ in 0..40 {
            backoff.after_failure();
        }
        let late = backoff.after_failure();
        assert!(late >= Backoff::LONGEST / 2 && late <= Backoff::LONGEST);
        backoff.reset();
        assert!(backoff.after_failure() <= Backoff::FIRST);
    }
}
